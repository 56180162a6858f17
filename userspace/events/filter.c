// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "common/parse-values.h"
#include "events/filter.h"

static const char *const quantities[] = {
	[QUANTITY_HEAP] = "heap", [QUANTITY_GROWN] = "grown", [QUANTITY_SHRUNK] = "shrunk",
	[QUANTITY_CALLS] = "calls", [QUANTITY_REFUSED] = "refused",
};

static unsigned int kind_bit(const char *name, size_t len)
{
	for (int i = 0; i < BRKWATCH_KINDS; i++)
		if (strlen(kind_words[i]) == len && !strncmp(name, kind_words[i], len))
			return 1u << i;
	return 0;
}

bool filter_parse_kinds(const char *list, unsigned int *kinds)
{
	*kinds = 0;
	for (;; list++) {
		size_t len = strcspn(list, ",");
		unsigned int bit = kind_bit(list, len);

		if (!bit)
			return false;
		*kinds |= bit;
		list += len;
		if (!*list)
			return true;
	}
}

bool filter_parse_until(struct filter *filter, const char *condition)
{
	size_t len = strcspn(condition, ">");

	if (!condition[len]) {
		filter->until = QUANTITY_EVENT;
		return filter_parse_kinds(condition, &filter->until_kinds);
	}
	filter->until = QUANTITY_HEAP;
	while (strlen(quantities[filter->until]) != len || strncmp(condition, quantities[filter->until], len) != 0)
		if (++filter->until == QUANTITIES)
			return false;
	return parse_size(condition + len + 1, &filter->until_above);
}

static unsigned int event_bit(const struct brkwatch_event *ev)
{
	return 1u << brkwatch_event_kind(ev);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static uint64_t event_delta(struct brkwatch_event *ev)
{
	bool refused = event_is(ev, BRKWATCH_REFUSED);

	return distance(event_address(ev, refused ? BRKWATCH_REQUEST : BRKWATCH_NEW),
			event_address(ev, BRKWATCH_OLD));
}

bool filter_matches(const struct filter *filter, struct brkwatch_event *ev)
{
	if (filter->kinds && !(filter->kinds & event_bit(ev)))
		return false;
	return !filter->min_delta || event_delta(ev) >= filter->min_delta;
}

bool filter_until(const struct filter *filter, const struct brkwatch_snapshot *snap,
		  struct brkwatch_event *ev)
{
	/* The counts are those of the reading, which is not before the event. */
	const uint64_t values[] = {
		[QUANTITY_HEAP] = event_is_external(ev) ? 0 : heap_size(snap, event_address(ev, BRKWATCH_NEW)),
		[QUANTITY_GROWN] = snap->grown_bytes, [QUANTITY_SHRUNK] = snap->shrunk_bytes,
		[QUANTITY_CALLS] = snap->calls, [QUANTITY_REFUSED] = snap->refused,
	};

	if (filter->until == QUANTITY_EVENT)
		return filter->until_kinds & event_bit(ev);
	return filter->until && values[filter->until] > filter->until_above;
}

bool filter_until_unseen(const struct filter *filter, const struct brkwatch_totals *totals)
{
	const unsigned int kinds = filter->until_kinds;
	const uint64_t values[] = {
		[QUANTITY_HEAP] = totals->peak_bytes, [QUANTITY_GROWN] = totals->grown_bytes,
		[QUANTITY_SHRUNK] = totals->shrunk_bytes, [QUANTITY_CALLS] = totals->calls,
		[QUANTITY_REFUSED] = totals->refused,
	};

	if (!filter->until)
		return false;
	if (filter->until == QUANTITY_EVENT)
		return (kinds & 1u << BRKWATCH_GROW && totals->grows) ||
		       (kinds & 1u << BRKWATCH_SHRINK && totals->shrunk_bytes) ||
		       (kinds & 1u << BRKWATCH_REFUSED && totals->refused);
	/* The counts of each address space, except for the largest heap. */
	return values[filter->until] > filter->until_above &&
	       (filter->until == QUANTITY_HEAP || totals->spaces == 1);
}

bool filter_is_counted(const struct filter *filter)
{
	const unsigned int counted = 1u << BRKWATCH_GROW | 1u << BRKWATCH_SHRINK | 1u << BRKWATCH_REFUSED;

	return filter->until != QUANTITY_EVENT || !(filter->until_kinds & ~counted);
}
