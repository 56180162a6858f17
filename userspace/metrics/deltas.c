// SPDX-License-Identifier: GPL-2.0
/*
 * What each address space has done between two readings.
 *
 * Counts of address spaces go away with them, so sums over those that live cannot be counters:
 * what is added from one reading to the next can be summed up. A process that has ended has its
 * last values in exited; it may come there a moment after it has left all, so one that is missing
 * is remembered for some readings. The row may also be there before all is read again: it is
 * the number of the address space that tells what goes on from what, and that no count goes back,
 * for a module that is loaded again numbers them anew.
 *
 * What an address space does between the last reading and an exec is in neither file.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/complain.h"
#include "common/utf8.h"
#include "common/why-not.h"
#include "metrics/deltas.h"

#define MISSING_MAX	2

bool counts_of_all(const struct brkwatch_stats *stats, struct counts *totals)
{
	static const char *const keys[COUNTS] = {
		[COUNT_CALLS] = "TotalCalls", [COUNT_REFUSED] = "TotalRefused",
		[COUNT_GROWN] = "TotalGrownBytes", [COUNT_SHRUNK] = "TotalShrunkBytes",
	};
	bool all = true;

	for (enum count i = 0; i < COUNTS; i++)
		all &= brkwatch_stats_number(stats, keys[i], &totals->of[i]);
	return all;
}

static struct counts counts_of(const struct brkwatch_row *row)
{
	return (struct counts){ {
		[COUNT_CALLS] = row->calls, [COUNT_REFUSED] = row->refused,
		[COUNT_GROWN] = row->grown_bytes, [COUNT_SHRUNK] = row->shrunk_bytes,
	} };
}

void counts_add(struct counts *sum, const struct counts *counts)
{
	for (enum count i = 0; i < COUNTS; i++)
		sum->of[i] += counts->of[i];
}

/* ---- rows ---- */

/* Also no tab, unlike a newline, which has an escape of its own. */
static bool is_label(uint32_t c)
{
	return c == '\n' || (c >= ' ' && (c < 0x7f || c >= 0xa0));
}

static struct delta *append(struct deltas *deltas, const struct brkwatch_row *row)
{
	char plain[sizeof(row->name)];
	struct delta *delta = array_add(deltas->list, deltas->n, deltas->room);

	*delta = (struct delta){ .row = *row };
	name_unescape(plain, row->name);
	utf8_copy(delta->name, plain, UTF8_REPLACEMENT, is_label);
	return delta;
}

/* ---- what goes on from what ---- */

static int compare_pids(const void *a, const void *b)
{
	const struct delta *d = a, *e = b;

	if (d->row.pid != e->row.pid)
		return d->row.pid < e->row.pid ? -1 : 1;
	return (d->missing > e->missing) - (d->missing < e->missing);
}

static int compare_spaces(const void *a, const void *b)
{
	const struct delta *d = a, *e = b;

	if (d->row.space != e->row.space)
		return d->row.space < e->row.space ? -1 : 1;
	/* The one that keeps it comes first. */
	return d->known != e->known ? e->known - d->known : compare_pids(d, e);
}

static int compare_ended(const void *a, const void *b)
{
	const struct ended *e = a, *f = b;
	int order = (e->exit_ns > f->exit_ns) - (e->exit_ns < f->exit_ns);

	return order ?: (e->pid > f->pid) - (e->pid < f->pid);
}

static void sort(void *list, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n)
		qsort(list, n, size, compare);
}

/* The one that @row goes on from, of @n in the order of their pids, or NULL. */
static struct delta *find_earlier(struct delta *list, size_t n, const struct brkwatch_row *row)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].row.pid < row->pid)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && list[low].row.pid == row->pid; low++)
		if (!list[low].followed && brkwatch_row_goes_on(&list[low].row, row))
			return &list[low];
	return NULL;
}

static void count_added(const struct tally *tally, struct delta *delta, struct delta *earlier)
{
	struct counts before = { { 0 } };

	delta->known = earlier;
	if (earlier) {
		earlier->followed = true;
		before = counts_of(&earlier->row);
	}
	if (!tally->begun)
		return;
	delta->added = counts_of(&delta->row);
	for (enum count i = 0; i < COUNTS; i++)
		delta->added.of[i] -= before.of[i];
}

/* ---- all ---- */

/*
 * Several processes may have one address space, as after vfork: but for one of them they are
 * left out.
 */
static void leave_out_shared(struct deltas *now)
{
	const struct delta *last = NULL;
	size_t n = 0;

	sort(now->list, now->n, sizeof(*now->list), compare_spaces);
	for (size_t i = 0; i < now->n; i++) {
		const struct delta *delta = &now->list[i];

		if (last && delta->row.space && delta->row.space == last->row.space)
			continue;
		now->list[n] = *delta;
		last = &now->list[n++];
	}
	now->n = n;
	sort(now->list, now->n, sizeof(*now->list), compare_pids);
}

/* A row that is not understood, as of a name that has tabs, is left out. */
static int next_row(struct brkwatch_table *table, const struct brkwatch_row **row)
{
	int rc;

	do
		rc = brkwatch_table_next(table, row);
	while (rc == -EPROTO);
	return rc;
}

static int read_all(struct tally *tally, const struct brkwatch *bw)
{
	struct deltas *now = &tally->now;
	const struct brkwatch_row *row;
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, bw, "all");

	if (rc)
		return rc;
	while ((rc = next_row(table, &row)) > 0)
		append(now, row);
	brkwatch_table_close(table);
	if (rc)
		return rc;
	for (size_t i = 0; i < now->n; i++)
		count_added(tally, &now->list[i],
			    find_earlier(tally->before.list, tally->before.n, &now->list[i].row));
	leave_out_shared(now);
	tally->n_living = now->n;
	return 0;
}

/* ---- exited ---- */

static bool was_there(const struct tally *tally, const struct ended *row)
{
	return tally->exits_before.n &&
	       bsearch(row, tally->exits_before.list, tally->exits_before.n, sizeof(*row),
		       compare_ended);
}

static void take_ended(struct tally *tally, const struct brkwatch_row *row)
{
	const struct ended ended = { .exit_ns = row->exit_ns, .pid = (uint64_t)row->pid };
	struct delta *delta;

	*array_add(tally->exits.list, tally->exits.n, tally->exits.room) = ended;
	if (!tally->begun || was_there(tally, &ended))
		return;
	delta = append(&tally->ended, row);
	count_added(tally, delta, find_earlier(tally->now.list, tally->n_living, row) ?:
				  find_earlier(tally->before.list, tally->before.n, row));
}

static int read_exited(struct tally *tally, const struct brkwatch *bw)
{
	const struct brkwatch_row *row;
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, bw, "exited");

	if (rc)
		return rc;
	while ((rc = next_row(table, &row)) > 0)
		take_ended(tally, row);
	brkwatch_table_close(table);
	sort(tally->exits.list, tally->exits.n, sizeof(*tally->exits.list), compare_ended);
	return rc;
}

/* ---- readings ---- */

static void begin_reading(struct tally *tally)
{
	const struct deltas now = tally->before;
	const struct exits exits = tally->exits_before;

	tally->before = tally->now;
	tally->exits_before = tally->exits;
	tally->now = now;
	tally->exits = exits;
	tally->now.n = tally->ended.n = tally->exits.n = 0;
}

/* Behind the living, for the next reading. */
static void keep_missing(struct tally *tally)
{
	struct deltas *now = &tally->now;

	for (size_t i = 0; i < tally->before.n; i++) {
		struct delta *delta = &tally->before.list[i];

		if (delta->followed || delta->missing++ == MISSING_MAX)
			continue;
		*array_add(now->list, now->n, now->room) = *delta;
	}
}

bool tally_read(struct tally *tally, const struct brkwatch *bw, bool ends)
{
	int rc;

	begin_reading(tally);
	sort(tally->before.list, tally->before.n, sizeof(*tally->before.list), compare_pids);
	rc = read_all(tally, bw);
	if (rc) {
		complain_of_file(bw, "all", rc);
		return false;
	}
	if (ends && !tally->blind)
		rc = read_exited(tally, bw);
	if (rc)
		complain_of_file(bw, "exited", rc);
	/* Complain once. Only what processes did between the last reading and their end is then missing. */
	tally->blind |= rc == -EACCES || rc == -ENOENT;
	if (rc && !tally->blind)
		return false;
	keep_missing(tally);
	tally->begun = true;
	return true;
}

void tally_free(struct tally *tally)
{
	free(tally->now.list);
	free(tally->before.list);
	free(tally->ended.list);
	free(tally->exits.list);
	free(tally->exits_before.list);
}
