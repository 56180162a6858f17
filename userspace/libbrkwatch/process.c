// SPDX-License-Identifier: GPL-2.0
#include "libbrkwatch/sink.h"

const struct brkwatch_snapshot *brkwatch_process_snapshot(const struct brkwatch_process *process)
{
	return &process->snap;
}

const struct brkwatch_totals *brkwatch_process_totals(const struct brkwatch_process *process)
{
	return &process->totals;
}

pid_t brkwatch_process_parent(const struct brkwatch_process *process)
{
	return process->parent;
}

void snapshot_count(struct brkwatch_snapshot *snap, struct brkwatch_event *event)
{
	uint64_t *const counts[BRKWATCH_FORK] = {
		[BRKWATCH_QUERY] = &snap->queries, [BRKWATCH_GROW] = &snap->grows,
		[BRKWATCH_SHRINK] = &snap->shrinks, [BRKWATCH_MOVE] = &snap->moves,
		[BRKWATCH_SAME] = &snap->same, [BRKWATCH_REFUSED] = &snap->refused,
	};
	const enum brkwatch_kind kind = brkwatch_event_kind(event);
	const uint64_t old = event_address(event, BRKWATCH_OLD);
	const uint64_t new = event_address(event, BRKWATCH_NEW);
	const uint64_t largest = heap_size(snap, old > new ? old : new);
	uint64_t bytes = (uint64_t)event_signed(event, BRKWATCH_DELTA_PAGES) * page_size_of(snap);

	/* What is no call does not count as growth. */
	if (kind >= BRKWATCH_FORK)
		return;
	++*counts[kind];
	snap->calls++;
	if ((int64_t)bytes > 0)
		snap->grown_bytes += bytes;
	else
		snap->shrunk_bytes += -bytes;
	if (snap->peak_bytes < largest)
		snap->peak_bytes = largest;
}

void snapshot_set_name(struct brkwatch_snapshot *snap, const char *name)
{
	char *p = snap->name, *end = snap->name + sizeof(snap->name) - 2;

	for (; *name && p < end; name++) {
		if (*name == '\n' || *name == '\\') {
			*p++ = '\\';
			*p++ = *name == '\n' ? 'n' : '\\';
		} else {
			*p++ = *name;
		}
	}
	*p = '\0';
}

void totals_add(struct brkwatch_totals *totals, const struct brkwatch_snapshot *snap)
{
	totals->spaces++;
	totals->calls += snap->calls;
	totals->grows += snap->grows;
	totals->grown_bytes += snap->grown_bytes;
	totals->shrunk_bytes += snap->shrunk_bytes;
	if (totals->peak_bytes < snap->peak_bytes)
		totals->peak_bytes = snap->peak_bytes;
	totals->refused += snap->refused;
	totals->lost += snap->lost;
	totals->dropped += snap->dropped;
}

void totals_add_row(struct brkwatch_totals *totals, const struct brkwatch_row *row)
{
	totals_add(totals, &(const struct brkwatch_snapshot){
		.calls = row->calls, .grows = row->grows, .grown_bytes = row->grown_bytes,
		.shrunk_bytes = row->shrunk_bytes, .peak_bytes = row->peak_bytes, .refused = row->refused,
	});
	/* Nobody has told their numbers. */
	totals->missed += row->forks;
}
