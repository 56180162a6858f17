// SPDX-License-Identifier: GPL-2.0
/*
 * Which command names have time series of their own, and what is in them.
 *
 * The largest heaps decide, and they change, but a counter must never go back:
 *
 * - The counters of a group begin at 0 when it is first shown; what it did before stays where it
 *   was counted, in the rest.
 * - A group that was shown stays, even without a process, as long as there is room: for twice
 *   as many as are asked for. Then the one with the smallest heap that is not among the largest
 *   makes room. Its series end, nothing is added to the rest (its rate would show what
 *   nobody did then). If it comes back, it begins at 0, which Prometheus takes for what it is.
 * - The rest is what all together did, by the module's totals, less what went into groups. So it
 *   has also what no reading saw. Totals and rows are not read in the same moment: where the
 *   difference is below what was shown before, the rest waits until it is not.
 */
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "common/utf8.h"
#include "metrics/groups.h"

#define OTHER "other"

/* ---- all groups of a reading ---- */

static int compare_names(const void *a, const void *b)
{
	const struct group *g = a, *h = b;

	return strcmp(g->name, h->name);
}

static int compare_heaps(const void *a, const void *b)
{
	const struct group *g = a, *h = b;

	if (g->heap_bytes != h->heap_bytes)
		return g->heap_bytes > h->heap_bytes ? -1 : 1;
	return compare_names(g, h);
}

static void add_gauges(struct group *to, const struct group *from)
{
	to->processes += from->processes;
	to->heap_bytes += from->heap_bytes;
	to->peak_bytes += from->peak_bytes;
	if (to->last_event_ns < from->last_event_ns)
		to->last_event_ns = from->last_event_ns;
}

/* Also no tab, unlike a newline, which has an escape of its own. */
static bool is_label(uint32_t c)
{
	return c == '\n' || (c >= ' ' && (c < 0x7f || c >= 0xa0));
}

void groups_take(void *owner, const struct brkwatch_row *row, const struct counts *added, bool lives)
{
	struct groups *groups = owner;
	struct group *group = array_add(groups->all, groups->n_all, groups->room);
	char plain[sizeof(row->name)];

	*group = (struct group){ .counts = *added };
	name_unescape(plain, row->name);
	utf8_copy(group->name, plain, UTF8_REPLACEMENT, is_label);
	if (lives)
		add_gauges(group, &(struct group){
			.processes = 1, .heap_bytes = row->heap_bytes,
			.peak_bytes = row->peak_bytes, .last_event_ns = row->last_event_ns,
		});
}

/* One of each name, the largest heap first. */
static void merge(struct groups *groups)
{
	struct group *all = groups->all;
	size_t n = 0;

	if (!groups->n_all)
		return;
	qsort(all, groups->n_all, sizeof(*all), compare_names);
	for (size_t i = 1; i < groups->n_all; i++) {
		if (compare_names(&all[n], &all[i]) != 0) {
			all[++n] = all[i];
			continue;
		}
		add_gauges(&all[n], &all[i]);
		counts_add(&all[n].counts, &all[i].counts);
	}
	groups->n_all = n + 1;
	qsort(all, groups->n_all, sizeof(*all), compare_heaps);
}

/* ---- those that are shown ---- */

static struct group *find_shown(struct groups *groups, const char *name)
{
	for (size_t i = 0; i < groups->n; i++)
		if (!strcmp(groups->shown[i].name, name))
			return &groups->shown[i];
	return NULL;
}

/* Room for a group; there are more of them than can be among the largest. */
static struct group *place_for_one(struct groups *groups)
{
	struct group *smallest = NULL;

	if (groups->n < 2 * groups->top)
		return &groups->shown[groups->n++];
	for (size_t i = 0; i < groups->n; i++) {
		struct group *group = &groups->shown[i];

		if (!group->top && (!smallest || group->heap_bytes < smallest->heap_bytes))
			smallest = group;
	}
	return smallest;
}

/* A process may well be called "other": it is one of them. */
static void choose(struct groups *groups)
{
	size_t left = groups->top;

	for (size_t i = 0; i < groups->n_all; i++) {
		struct group *group = &groups->all[i], *shown = find_shown(groups, group->name);

		group->top = left && group->processes && strcmp(group->name, OTHER) != 0;
		left -= group->top;
		if (shown) {
			shown->top = group->top;
			add_gauges(shown, group);
		}
	}
	for (size_t i = 0; i < groups->n_all; i++) {
		const struct group *group = &groups->all[i];
		struct group *place;

		if (!group->top || find_shown(groups, group->name))
			continue;
		place = place_for_one(groups);
		if (!place)
			break;
		*place = *group;
		place->counts = (struct counts){ { 0 } };
	}
}

static void clear_gauges(struct group *group)
{
	group->processes = group->heap_bytes = group->peak_bytes = group->last_event_ns = 0;
	group->top = false;
}

/* ---- counters ---- */

/* The module may have been loaded again. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now < before ? now : now - before;
}

static struct counts totals_added(struct groups *groups, const struct counts *totals)
{
	struct counts added = { { 0 } };

	for (enum count i = 0; groups->begun && i < COUNTS; i++)
		added.of[i] = since(totals->of[i], groups->totals.of[i]);
	groups->totals = *totals;
	return added;
}

static void count(struct groups *groups, const struct counts *totals)
{
	struct counts seen = { { 0 } }, in_groups = seen, all;
	struct counts *other = &groups->other.counts;

	for (size_t i = 0; i < groups->n_all; i++) {
		const struct group *group = &groups->all[i];
		struct group *shown = find_shown(groups, group->name);

		counts_add(&seen, &group->counts);
		if (!shown)
			continue;
		counts_add(&shown->counts, &group->counts);
		counts_add(&in_groups, &group->counts);
	}
	all = totals ? totals_added(groups, totals) : seen;
	for (enum count i = 0; i < COUNTS; i++) {
		int64_t *rest = &groups->rest[i];

		*rest += (int64_t)(all.of[i] - in_groups.of[i]);
		if (*rest > 0 && (uint64_t)*rest > other->of[i])
			other->of[i] = (uint64_t)*rest;
	}
}

void groups_update(struct groups *groups, const struct counts *totals)
{
	merge(groups);
	for (size_t i = 0; i < groups->n; i++)
		clear_gauges(&groups->shown[i]);
	clear_gauges(&groups->other);
	strcpy(groups->other.name, OTHER);
	count(groups, totals);
	choose(groups);
	for (size_t i = 0; i < groups->n_all; i++)
		if (!find_shown(groups, groups->all[i].name))
			add_gauges(&groups->other, &groups->all[i]);
	groups->n_all = 0;
	groups->begun = true;
}

void groups_free(struct groups *groups)
{
	free(groups->all);
}
