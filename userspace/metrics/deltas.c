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
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libbrkwatch/process-table.h"
#include "metrics/deltas.h"
#include "common/format-number.h"
#include "common/utf8.h"

#define COMM_MAX	15	/* bytes, in the kernel */
#define MISSING_MAX	2

enum {
	PID, NAME, START_BRK, HEAP, PEAK, CALLS, REFUSED, GROWN, SHRUNK, LAST_EVENT, SPACE,
	IN_ALL,
	EXIT = IN_ALL, IN_EXITED
};

static const char *const names[IN_EXITED] = {
	[PID] = "pid",
	[NAME] = "name",
	[START_BRK] = "start_brk",
	[HEAP] = "heap_bytes",
	[PEAK] = "peak_bytes",
	[CALLS] = "calls",
	[REFUSED] = "refused",
	[GROWN] = "grown_bytes",
	[SHRUNK] = "shrunk_bytes",
	[LAST_EVENT] = "last_event_ns",
	[SPACE] = "?space",
	[EXIT] = "exit_ns",
};

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

/* Unlike json_name(): control characters are replaced, too, but for the newline. */
static void copy_name(char *to, const char *name)
{
	for (size_t bytes = 0; *name && bytes < COMM_MAX; bytes++) {
		char escaped = text_escaped(name);
		size_t len = utf8_sequence((const unsigned char *)name);

		if (escaped == '\t') {
			to = mempcpy(to, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
			name += 2;
		} else if (escaped) {
			*to++ = escaped;
			name += 2;
		} else if (!len || iscntrl((unsigned char)*name) ||
			   (len == 2 && *name == '\xc2' && (unsigned char)name[1] < 0xa0)) {
			to = mempcpy(to, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
			name += len ?: 1;
		} else {
			to = mempcpy(to, name, len);
			name += len;
			bytes += len - 1;
		}
	}
	*to = '\0';
}

/*
 * A name may have tabs, which would make an address the value of another column: but an address
 * has an x, and a column that is no address must not have it.
 */
static bool parse(const struct rows *rows, struct space *space)
{
	uint64_t start_brk, *const numbers[IN_ALL] = {
		[PID] = &space->pid,
		[START_BRK] = &start_brk,
		[HEAP] = &space->heap_bytes,
		[PEAK] = &space->peak_bytes,
		[CALLS] = &space->counts.calls,
		[REFUSED] = &space->counts.refused,
		[GROWN] = &space->counts.grown_bytes,
		[SHRUNK] = &space->counts.shrunk_bytes,
		[LAST_EVENT] = &space->last_event_ns,
		[SPACE] = &space->id,
	};

	*space = (struct space){ 0 };
	for (int i = 0; i < IN_ALL; i++) {
		bool hex;

		if (!numbers[i])
			continue;
		hex = !strncmp(rows->values[i], "0x", 2);
		if (hex != (i == START_BRK) || !rows_number(rows, (size_t)i, numbers[i]))
			return false;
	}
	copy_name(space->name, rows->values[NAME]);
	return true;
}

/* Room for one more. */
static bool make_room(void *list, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 256;
	void **place = list, *bigger;

	if (n < *room)
		return true;
	bigger = reallocarray(*place, more, size);
	if (!bigger)
		return false;
	*place = bigger;
	*room = more;
	return true;
}

static bool space_append(struct space_list *list, const struct space *space)
{
	if (!make_room(&list->list, list->n, &list->room, sizeof(*space)))
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

static int read_all(struct tally *tally, const struct options *opts)
{
	struct space space;
	struct rows rows;
	int rc = rows_open(&rows, opts, "all", names, IN_ALL);

	if (rc)
		return rc;
	while ((rc = rows_next(&rows)) > 0)
		if (parse(&rows, &space) && !space_append(&tally->now, &space)) {
			rc = -ENOMEM;
			break;
		}
	rows_close(&rows);
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

static int take_ended(struct tally *tally, const struct rows *rows)
{
	struct ended row;
	struct space space;

	if (!parse(rows, &space) || !rows_number(rows, EXIT, &row.exit_ns))
		return 0;
	row.pid = space.pid;
	if (!make_room(&tally->exits.list, tally->exits.n, &tally->exits.room, sizeof(row)))
		return -ENOMEM;
	tally->exits.list[tally->exits.n++] = row;
	if (!tally->begun || was_there(tally, &row))
		return 0;
	count_added(tally, &space,
		    find_earlier(tally->now.list, tally->n_living, &space) ?:
		    find_earlier(tally->before.list, tally->before.n, &space));
	return space_append(&tally->gone, &space) ? 0 : -ENOMEM;
}

static int read_exited(struct tally *tally, const struct options *opts)
{
	struct rows rows;
	int rc = rows_open(&rows, opts, "exited", names, IN_EXITED);

	if (rc)
		return rc;
	while ((rc = rows_next(&rows)) > 0) {
		rc = take_ended(tally, &rows);
		if (rc)
			break;
	}
	rows_close(&rows);
	sort(tally->exits.list, tally->exits.n, sizeof(*tally->exits.list), compare_ended);
	return rc;
}

/* ---- readings ---- */

static void complain(const struct options *opts, const char *file, int error)
{
	if (!opts->recorded && access(opts->proc_dir, F_OK))
		warn_user("the brkwatch module is not loaded any more");
	else if (error == -EPROTO)
		warn_user("%s/%s: a column is missing, or a row is cut short", opts->proc_dir, file);
	else
		warn_user("%s/%s: %s", opts->proc_dir, file, strerror(-error));
}

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

bool tally_read(struct tally *tally, const struct options *opts, bool ends)
{
	int rc;

	begin_reading(tally);
	sort(tally->before.list, tally->before.n, sizeof(*tally->before.list), compare_pids);
	rc = read_all(tally, opts);
	if (rc) {
		complain(opts, "all", rc);
		return false;
	}
	rc = ends && !tally->blind ? read_exited(tally, opts) : 0;
	if (rc == -EACCES || rc == -ENOENT) {
		complain(opts, "exited", rc);
		tally->blind = true;
	} else if (rc) {
		complain(opts, "exited", rc);
		return false;
	}
	if (!keep_missing(tally)) {
		complain(opts, "all", -ENOMEM);
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
