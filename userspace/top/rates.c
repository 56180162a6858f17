// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "top/rates.h"
#include "libbrkwatch/process-table.h"

enum { PID, NAME, START_BRK, BRK, HEAP, PEAK, CALLS, REFUSED, GROWN, SHRUNK, LAST_EVENT, SPACE, WANTED };

static const char *const names[WANTED] = {
	[PID] = "pid",
	[NAME] = "name",
	[START_BRK] = "start_brk",
	[BRK] = "brk",
	[HEAP] = "heap_bytes",
	[PEAK] = "peak_bytes",
	[CALLS] = "calls",
	[REFUSED] = "refused",
	[GROWN] = "grown_bytes",
	[SHRUNK] = "shrunk_bytes",
	[LAST_EVENT] = "last_event_ns",
	[SPACE] = "?space",
};

static int parse(const struct rows *rows, struct process *p)
{
	uint64_t pid;

	if (!rows_number(rows, PID, &pid) || pid > INT_MAX ||
	    !rows_number(rows, START_BRK, &p->start_brk) ||
	    !rows_number(rows, BRK, &p->brk) ||
	    !rows_number(rows, HEAP, &p->heap_bytes) ||
	    !rows_number(rows, PEAK, &p->peak_bytes) ||
	    !rows_number(rows, CALLS, &p->calls) ||
	    !rows_number(rows, REFUSED, &p->refused) ||
	    !rows_number(rows, GROWN, &p->grown_bytes) ||
	    !rows_number(rows, SHRUNK, &p->shrunk_bytes) ||
	    !rows_number(rows, LAST_EVENT, &p->last_event_ns) ||
	    !rows_number(rows, SPACE, &p->space))
		return -EPROTO;
	p->pid = (pid_t)pid;
	p->rated = false;
	snprintf(p->name, sizeof(p->name), "%s", rows->values[NAME]);
	return 0;
}

static int make_room(struct processes *ps)
{
	size_t room = ps->room ? ps->room * 2 : 256;
	struct process *list;

	if (ps->n < ps->room)
		return 0;
	list = reallocarray(ps->list, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	ps->list = list;
	ps->room = room;
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	const struct process *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

bool process_goes_on(const struct process *earlier, const struct process *later)
{
	/* A module that is loaded again numbers spaces anew, but what only grows begins anew, too. */
	return earlier->pid == later->pid &&
	       (!earlier->space || earlier->space == later->space) &&
	       earlier->calls <= later->calls && earlier->refused <= later->refused &&
	       earlier->grown_bytes <= later->grown_bytes &&
	       earlier->shrunk_bytes <= later->shrunk_bytes;
}

/* Both lists are in the order of their numbers. */
static void rate(struct processes *ps)
{
	double seconds = (double)(ps->time_ns - ps->old_time_ns) / 1e9;
	const struct process *old = ps->old, *end = ps->old + ps->old_n;

	for (struct process *p = ps->list; p < ps->list + ps->n && seconds > 0; p++) {
		while (old < end && old->pid < p->pid)
			old++;
		if (old == end)
			break;
		if (!process_goes_on(old, p))
			continue;
		p->rated = true;
		p->growth_per_s = llround(((double)p->heap_bytes - (double)old->heap_bytes) / seconds);
		p->calls_per_s = (uint64_t)llround((double)(p->calls - old->calls) / seconds);
	}
}

static void swap_lists(struct processes *ps)
{
	struct process *list = ps->old;
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

static int read_all(struct processes *ps, struct rows *rows, const struct options *opts,
		    const struct selection *sel)
{
	int rc;

	while ((rc = rows_next(rows)) > 0) {
		struct process *p;

		rc = make_room(ps);
		if (rc)
			return rc;
		p = &ps->list[ps->n];
		rc = parse(rows, p);
		if (rc)
			return rc;
		if (!select_has(sel, opts, p->pid, p->name))
			continue;
		ps->heap_bytes += p->heap_bytes;
		ps->n++;
	}
	return rc;
}

int processes_read(struct processes *ps, const struct options *opts, const struct selection *sel)
{
	struct timespec now;
	struct rows rows;
	int rc = rows_open(&rows, opts, "all", names, WANTED);

	if (rc)
		return rc;
	swap_lists(ps);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ps->time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	rc = read_all(ps, &rows, opts, sel);
	rows_close(&rows);
	if (rc)
		return rc;
	if (ps->n)
		qsort(ps->list, ps->n, sizeof(*ps->list), compare_pids);
	rate(ps);
	return 0;
}

void processes_complain(const struct options *opts, int error)
{
	if (error == -EPROTO)
		warn_user("%s/all: a column is missing, or a row is not understood", opts->proc_dir);
	else if (error == -ENOENT && !opts->recorded && access(opts->proc_dir, F_OK))
		warn_user("the brkwatch module is not loaded any more");
	else
		warn_user("%s/all: %s", opts->proc_dir, strerror(-error));
}

void processes_free(struct processes *ps)
{
	free(ps->list);
	free(ps->old);
}
