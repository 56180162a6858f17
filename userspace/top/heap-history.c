// SPDX-License-Identifier: GPL-2.0

#include "top/heap-history.h"

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void halve(struct track *track)
{
	struct sample *to = track->samples;

	for (size_t i = 0; i + 1 < track->n; i += 2) {
		const struct sample *a = &track->samples[i], *b = a + 1;

		*to++ = (struct sample){
			.time_ns = a->time_ns,
			.heap_bytes = b->heap_bytes,
			.high_bytes = max_u64(a->high_bytes, b->high_bytes),
			.refused = a->refused + b->refused,
		};
	}
	track->n /= 2;
}

static void add(struct track *track, uint64_t time_ns, uint64_t heap_bytes, uint64_t refused)
{
	if (track->n == TRACK_MAX)
		halve(track);
	/* Calls that overlap may be told in another order than that of their times. */
	if (track->n)
		time_ns = max_u64(time_ns, track->samples[track->n - 1].time_ns);
	track->samples[track->n++] = (struct sample){
		.time_ns = time_ns,
		.heap_bytes = heap_bytes,
		.high_bytes = heap_bytes,
		.refused = refused,
	};
	track->refused += refused;
}

static void add_event(struct track *track, const struct brkwatch_snapshot *snap, struct brkwatch_event *ev)
{
	uint64_t seq = event_unsigned(ev, BRKWATCH_SEQ), time_ns = event_unsigned(ev, BRKWATCH_TIME_NS);
	uint64_t before = event_address(ev, BRKWATCH_OLD), after = event_address(ev, BRKWATCH_NEW);

	if (ev->malformed || seq <= track->seq)
		return;
	track->seq = seq;
	if (event_is_external(ev))
		return;
	if (!track->n && seq == 1)
		add(track, snap->since, heap_size(snap, before), 0);
	add(track, time_ns, heap_size(snap, after), event_is(ev, BRKWATCH_REFUSED));
}

/*
 * The history of a process that may not be read, or has just ended, is what we have seen. The
 * file is newer than @p, which is brought up to date.
 */
static void add_events(struct track *track, const struct top_options *opts, struct top_process *p)
{
	const struct brkwatch_snapshot *snap;
	struct brkwatch_event *ev;

	if (!track->reader)
		track->reader = needed(brkwatch_reader_new());
	if (brkwatch_read(track->reader, opts->bw, p->row.pid, &snap) ||
	    (p->row.space && snap->space != p->row.space))
		return;
	p->row.heap_bytes = snap->heap_bytes;
	p->row.refused = snap->refused;
	if (!track->n && !snap->events)
		add(track, snap->since, snap->heap_bytes, 0);
	while (brkwatch_next_event(track->reader, &ev) > 0)
		add_event(track, snap, ev);
}

void track_update(struct track *track, const struct top_options *opts, const struct top_process *p,
		  uint64_t time_ns)
{
	struct top_process now = *p;
	bool same = brkwatch_row_goes_on(&track->process.row, &p->row);

	if (!same) {
		track->n = 0;
		track->seq = 0;
	}
	add_events(track, opts, &now);
	/* When earlier ones were, nobody knows. */
	if (!same)
		track->refused = now.row.refused;
	/* The clock of saved files is another one. */
	if (!brkwatch_is_live(opts->bw))
		time_ns = p->row.last_event_ns;
	add(track, time_ns, now.row.heap_bytes,
	    now.row.refused > track->refused ? now.row.refused - track->refused : 0);
	track->process = *p;
}

uint64_t track_columns(const struct track *track, uint64_t span_ns, struct track_column *columns,
		       size_t n)
{
	const struct sample *s = track->samples, *last = s + track->n - 1;
	uint64_t span = last->time_ns - s->time_ns, start, heap = 0;

	if (!span)	/* seen once: it was like that all the time */
		heap = last->high_bytes;
	if (span_ns && span_ns < span)
		span = span_ns;
	start = last->time_ns - span;
	for (size_t i = 0; i < n; i++) {
		/* The last column has the last sample, also where all have the same time. */
		uint64_t end = i + 1 == n ? UINT64_MAX :
			       start + (uint64_t)((double)span * (double)(i + 1) / (double)n);
		struct track_column column = { .high_bytes = heap };

		for (; s <= last && s->time_ns < end; s++) {
			heap = s->heap_bytes;
			/* What was before the first column only tells where it begins. */
			if (s->time_ns < start) {
				column.high_bytes = heap;
				continue;
			}
			column.high_bytes = max_u64(column.high_bytes, s->high_bytes);
			column.refused += s->refused;
		}
		columns[i] = column;
	}
	return start;
}

void track_free(struct track *track)
{
	brkwatch_reader_free(track->reader);
}
