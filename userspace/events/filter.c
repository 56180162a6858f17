// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libbrkwatch/event.h"
#include "events/filter.h"
#include "libbrkwatch/process-file.h"

const char *const event_kind_names[EVENT_KINDS] = {
	[KIND_QUERY] = "query",
	[KIND_GROW] = "grow",
	[KIND_SHRINK] = "shrink",
	[KIND_MOVE] = "move",
	[KIND_SAME] = "same",
	[KIND_REFUSED] = "refused",
	[KIND_FORK] = "fork",
	[KIND_EXTERNAL] = "external",
	[KIND_RESYNC] = "resync",
	[KIND_END] = "end",
};

static const struct {
	const char *name;
	enum quantity quantity;
} quantities[] = {
	{ "heap", QUANTITY_HEAP },
	{ "grown", QUANTITY_GROWN },
	{ "shrunk", QUANTITY_SHRUNK },
	{ "calls", QUANTITY_CALLS },
	{ "refused", QUANTITY_REFUSED },
};

static unsigned int kind_bit(const char *name, size_t len)
{
	for (int i = 0; i < EVENT_KINDS; i++)
		if (strlen(event_kind_names[i]) == len && !strncmp(name, event_kind_names[i], len))
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

bool parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	double value;
	char *end;

	errno = 0;
	value = strtod(text, &end);
	if (!isdigit((unsigned char)*text) || errno)
		return false;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		value = ldexp(value, 10 * (int)(unit - units + 1));
		end++;
		if (*end == 'i')
			end++;
	}
	if (*end == 'B')
		end++;
	if (*end || value >= ldexp(1, 64))
		return false;
	*size = (uint64_t)value;
	return true;
}

bool filter_parse_until(struct filter *filter, const char *condition)
{
	size_t len = strcspn(condition, ">");

	if (!condition[len]) {
		filter->until = QUANTITY_EVENT;
		return filter_parse_kinds(condition, &filter->until_kinds);
	}
	for (size_t i = 0; i < sizeof(quantities) / sizeof(quantities[0]); i++) {
		if (strlen(quantities[i].name) != len ||
		    strncmp(condition, quantities[i].name, len) != 0)
			continue;
		filter->until = quantities[i].quantity;
		return parse_size(condition + len + 1, &filter->until_above);
	}
	return false;
}

static unsigned int event_bit(const struct event *ev)
{
	return kind_bit(ev->field[EV_EVENT].text, ev->field[EV_EVENT].len);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static uint64_t event_delta(struct event *ev)
{
	bool refused = event_field_is(ev, EV_EVENT, "refused");

	return distance(event_address(ev, refused ? EV_REQUEST : EV_NEW),
			event_address(ev, EV_OLD));
}

bool filter_matches(const struct filter *filter, struct event *ev)
{
	if (filter->kinds && !(filter->kinds & event_bit(ev)))
		return false;
	return !filter->min_delta || event_delta(ev) >= filter->min_delta;
}

bool filter_until(const struct filter *filter, const struct snapshot *snap, struct event *ev)
{
	uint64_t value = 0;

	switch (filter->until) {
	case QUANTITY_NONE:
		return false;
	case QUANTITY_EVENT:
		return filter->until_kinds & event_bit(ev);
	case QUANTITY_HEAP:
		value = snapshot_heap(snap, event_address(ev, EV_NEW));
		break;
	/* The counts are of the moment of the reading, which is not before the event. */
	case QUANTITY_GROWN:
		value = snap->grown_bytes;
		break;
	case QUANTITY_SHRUNK:
		value = snap->shrunk_bytes;
		break;
	case QUANTITY_CALLS:
		value = snap->calls;
		break;
	case QUANTITY_REFUSED:
		value = snap->refused;
		break;
	}
	return value > filter->until_above;
}
