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
#include <string.h>
#include <unistd.h>

#include "common/format-number.h"
#include "common/utf8.h"
#include "common/why-not.h"
#include "libbrkwatch/array.h"
#include "metrics/deltas.h"

#define MISSING_MAX	2

bool counts_of_all(const struct brkwatch_stats *stats, struct counts *totals)
{
	return brkwatch_stats_number(stats, "TotalCalls", &totals->calls) &&
	       brkwatch_stats_number(stats, "TotalRefused", &totals->refused) &&
	       brkwatch_stats_number(stats, "TotalGrownBytes", &totals->grown_bytes) &&
	       brkwatch_stats_number(stats, "TotalShrunkBytes", &totals->shrunk_bytes);
}

void counts_add(struct counts *sum, const struct counts *counts)
{
	sum->calls += counts->calls;
	sum->refused += counts->refused;
	sum->grown_bytes += counts->grown_bytes;
	sum->shrunk_bytes += counts->shrunk_bytes;
}

void counts_subtract(struct counts *sum, const struct counts *counts)
{
	sum->calls -= counts->calls;
	sum->refused -= counts->refused;
	sum->grown_bytes -= counts->grown_bytes;
	sum->shrunk_bytes -= counts->shrunk_bytes;
}

/* ---- rows ---- */

/* Also no tab, unlike a newline, which has an escape of its own. */
static bool is_label(uint32_t c)
{
	return c == '\n' || (c >= ' ' && (c < 0x7f || c >= 0xa0));
}

static struct space space_of(const struct brkwatch_row *row)
{
	char plain[sizeof(row->name)];
	struct space space = {
		.pid = (uint64_t)row->pid, .heap_bytes = row->heap_bytes,
		.peak_bytes = row->peak_bytes, .last_event_ns = row->last_event_ns,
		.counts = {
			.calls = row->calls, .refused = row->refused,
			.grown_bytes = row->grown_bytes, .shrunk_bytes = row->shrunk_bytes,
		},
		.id = row->space,
	};

	name_unescape(plain, row->name);
	utf8_copy(space.name, plain, UTF8_REPLACEMENT, is_label);
	return space;
}

static bool space_append(struct space_list *list, const struct space *space)
{
	if (!array_room(list->list, list->n, &list->room))
		return false;
	list->list[list->n++] = *space;
	return true;
}

/* ---- what goes on from what ---- */

static int compare_pids(const void *a, const void *b)
{
	const struct space *s = a, *t = b;

	if (s->pid != t->pid)
		return s->pid < t->pid ? -1 : 1;
	return (s->missing > t->missing) - (s->missing < t->missing);
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

static bool goes_on(const struct space *from, const struct space *to)
{
	return (!from->id || from->id == to->id) && from->counts.calls <= to->counts.calls &&
	       from->counts.refused <= to->counts.refused &&
	       from->counts.grown_bytes <= to->counts.grown_bytes &&
	       from->counts.shrunk_bytes <= to->counts.shrunk_bytes;
}

/* That of @n spaces, in the order of their pids, from which @space goes on, or NULL. */
static struct space *find_earlier(struct space *list, size_t n, const struct space *space)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].pid < space->pid)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && list[low].pid == space->pid; low++)
		if (!list[low].followed && goes_on(&list[low], space))
			return &list[low];
	return NULL;
}

static void count_added(struct tally *tally, struct space *space, struct space *earlier)
{
	space->known = earlier;
	if (earlier)
		earlier->followed = true;
	if (!tally->begun)
		return;
	space->added = space->counts;
	if (earlier)
		counts_subtract(&space->added, &earlier->counts);
}

/* ---- all ---- */

struct place {
	struct space *space;
};

static int compare_identity(const void *a, const void *b)
{
	const struct space *s = ((const struct place *)a)->space;
	const struct space *t = ((const struct place *)b)->space;

	if (s->id != t->id)
		return s->id < t->id ? -1 : 1;
	/* The one that keeps it comes first. */
	return s->known != t->known ? t->known - s->known : compare_pids(s, t);
}

/*
 * Several processes may have one address space, as after vfork: but for one of them they are
 * left out.
 */
static bool leave_out_shared(struct space_list *now)
{
	struct place *order = reallocarray(NULL, now->n + 1, sizeof(*order));
	const struct space *last = NULL;
	size_t n = 0;

	if (!order)
		return false;
	for (size_t i = 0; i < now->n; i++)
		order[i].space = &now->list[i];
	sort(order, now->n, sizeof(*order), compare_identity);
	for (size_t i = 0; i < now->n; i++) {
		struct space *space = order[i].space;

		if (last && space->id && space->id == last->id)
			space->followed = true;
		else
			last = space;
	}
	free(order);
	for (size_t i = 0; i < now->n; i++)
		if (!now->list[i].followed)
			now->list[n++] = now->list[i];
	now->n = n;
	return true;
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
	const struct brkwatch_row *row;
	struct brkwatch_table *table;
	struct space space;
	int rc = brkwatch_table_open(&table, bw, "all");

	if (rc)
		return rc;
	while ((rc = next_row(table, &row)) > 0) {
		space = space_of(row);
		if (!space_append(&tally->now, &space)) {
			rc = -ENOMEM;
			break;
		}
	}
	brkwatch_table_close(table);
	if (rc)
		return rc;

	sort(tally->now.list, tally->now.n, sizeof(space), compare_pids);
	for (size_t i = 0; i < tally->now.n; i++) {
		struct space *s = &tally->now.list[i];

		count_added(tally, s, find_earlier(tally->before.list, tally->before.n, s));
	}
	if (!leave_out_shared(&tally->now))
		return -ENOMEM;
	tally->n_living = tally->now.n;
	return 0;
}

/* ---- exited ---- */

static bool was_there(const struct tally *tally, const struct ended *row)
{
	return tally->exits_before.n &&
	       bsearch(row, tally->exits_before.list, tally->exits_before.n, sizeof(*row),
		       compare_ended);
}

static int take_ended(struct tally *tally, const struct brkwatch_row *ended)
{
	const struct ended row = { .exit_ns = ended->exit_ns, .pid = (uint64_t)ended->pid };
	struct space space = space_of(ended);

	if (!array_room(tally->exits.list, tally->exits.n, &tally->exits.room))
		return -ENOMEM;
	tally->exits.list[tally->exits.n++] = row;
	if (!tally->begun || was_there(tally, &row))
		return 0;
	count_added(tally, &space,
		    find_earlier(tally->now.list, tally->n_living, &space) ?:
		    find_earlier(tally->before.list, tally->before.n, &space));
	return space_append(&tally->gone, &space) ? 0 : -ENOMEM;
}

static int read_exited(struct tally *tally, const struct brkwatch *bw)
{
	const struct brkwatch_row *row;
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, bw, "exited");

	if (rc)
		return rc;
	while ((rc = next_row(table, &row)) > 0) {
		rc = take_ended(tally, row);
		if (rc)
			break;
	}
	brkwatch_table_close(table);
	sort(tally->exits.list, tally->exits.n, sizeof(*tally->exits.list), compare_ended);
	return rc;
}

/* ---- readings ---- */

static void begin_reading(struct tally *tally)
{
	struct space_list now = tally->before;
	struct ended_list exits = tally->exits_before;

	tally->before = tally->now;
	tally->exits_before = tally->exits;
	tally->now = now;
	tally->exits = exits;
	tally->now.n = tally->gone.n = tally->exits.n = 0;
}

/* Behind the living, for the next reading. */
static bool keep_missing(struct tally *tally)
{
	for (size_t i = 0; i < tally->before.n; i++) {
		struct space *space = &tally->before.list[i];

		if (space->followed || space->missing++ == MISSING_MAX)
			continue;
		if (!space_append(&tally->now, space))
			return false;
	}
	return true;
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
	rc = ends && !tally->blind ? read_exited(tally, bw) : 0;
	if (rc == -EACCES || rc == -ENOENT) {
		complain_of_file(bw, "exited", rc);
		tally->blind = true;
	} else if (rc) {
		complain_of_file(bw, "exited", rc);
		return false;
	}
	if (!keep_missing(tally)) {
		complain_of_file(bw, "all", -ENOMEM);
		return false;
	}
	tally->begun = true;
	tally->living = tally->now.list;
	tally->ended = tally->gone.list;
	tally->n_ended = tally->gone.n;
	return true;
}

void tally_free(struct tally *tally)
{
	free(tally->now.list);
	free(tally->before.list);
	free(tally->gone.list);
	free(tally->exits.list);
	free(tally->exits_before.list);
}
