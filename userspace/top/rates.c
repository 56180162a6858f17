// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "libbrkwatch/array.h"
#include "top/rates.h"

static int compare_pids(const void *a, const void *b)
{
	const struct top_process *p = a, *q = b;

	return (p->row.pid > q->row.pid) - (p->row.pid < q->row.pid);
}

/* Both lists are in the order of their numbers. */
static void rate(struct processes *ps)
{
	double seconds = (double)(ps->time_ns - ps->old_time_ns) / 1e9;
	const struct top_process *old = ps->old, *end = ps->old + ps->old_n;

	for (struct top_process *p = ps->list; p < ps->list + ps->n && seconds > 0; p++) {
		while (old < end && old->row.pid < p->row.pid)
			old++;
		if (old == end)
			break;
		if (!brkwatch_row_goes_on(&old->row, &p->row))
			continue;
		p->rated = true;
		p->growth_per_s = llround(((double)p->row.heap_bytes - (double)old->row.heap_bytes) / seconds);
		p->calls_per_s = (uint64_t)llround((double)(p->row.calls - old->row.calls) / seconds);
	}
}

static void swap_lists(struct processes *ps)
{
	struct top_process *list = ps->old;
	size_t room = ps->old_room;

	ps->old = ps->list;
	ps->old_n = ps->n;
	ps->old_room = ps->room;
	ps->old_time_ns = ps->time_ns;
	ps->list = list;
	ps->n = 0;
	ps->room = room;
	ps->heap_bytes = 0;
}

static int read_all(struct processes *ps, struct brkwatch_table *table,
		    const struct top_options *opts)
{
	const struct brkwatch_row *row;
	int rc;

	while ((rc = brkwatch_table_next(table, &row)) > 0) {
		if (!select_has(&opts->selection, opts->bw, row->pid, row->name))
			continue;
		if (!array_room(ps->list, ps->n, &ps->room))
			return -ENOMEM;
		ps->list[ps->n++] = (struct top_process){ .row = *row };
		ps->heap_bytes += row->heap_bytes;
	}
	return rc;
}

int processes_read(struct processes *ps, const struct top_options *opts)
{
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, opts->bw, "all");

	if (rc)
		return rc;
	swap_lists(ps);
	ps->time_ns = clock_ns();
	rc = read_all(ps, table, opts);
	brkwatch_table_close(table);
	if (rc)
		return rc;
	if (ps->n)
		qsort(ps->list, ps->n, sizeof(*ps->list), compare_pids);
	rate(ps);
	return 0;
}

void processes_free(struct processes *ps)
{
	free(ps->list);
	free(ps->old);
}
