// SPDX-License-Identifier: GPL-2.0
/*
 * Of a process only numbers are known: those in its events. The file of each could be read, but
 * what is in it is of another moment, and a process that ends soon has none any more. So what is
 * counted is what was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/follow-all.h"
#include "common/by-pid.h"
#include "common/complain.h"
#include "common/format-number.h"
#include "common/signals.h"
#include "common/why-not.h"
#include "tracefs/buffers.h"

#define TICK_MS		50

/* Longer than it takes from when an event is made until it is in its buffer. */
#define HOLD_MS		100

/* After an exec there is soon another address space. If not, look again whether the process lives. */
#define EXEC_MS		200
#define LIVES_MS	2000

/* With more processes than this, look for those that have ended although the event of their end was lost. */
#define MANY_AT_FIRST	4096

struct known {
	struct pid_entry entry;
	struct brkwatch_process process;	/* counts what was seen */
	uint64_t first, seq;	/* events of its address space: the first and the last so far; or 0 */
	uint64_t look_ms;	/* when to see whether it lives; 0: it has an address space */
	bool shown;		/* its start was */
	bool wanted;
};

struct everyone {
	const struct follow_all *what;
	struct trace *trace;
	struct pid_table processes;
	size_t many;
	bool look_at_all;
	struct brkwatch_event event;	/* the one being reported */
	struct event_text text;
	uint64_t now_ms;
	uint64_t lost;			/* of processes that are known */
	bool enough;
};

/* ---- processes ---- */

/* Of one that has made another address space by exec, its file is there. */
static bool lives(const struct everyone *all, const struct known *known)
{
	int fd = brkwatch_open_process(all->what->bw, (pid_t)known->entry.pid);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT && fd != -ESRCH;
}

static void drop(struct everyone *all, struct known *known, bool ended)
{
	totals_add(&known->process.totals, &known->process.snap);
	/* Where not all events were asked for, there is nothing to sum up. */
	if (known->shown && trace_is_whole(all->trace))
		tell_done(&all->what->listener, &known->process, ended);
	pid_drop(&all->processes, known);
}

static void look_at(void *owner, void *entry)
{
	struct everyone *all = owner;
	struct known *known = entry;

	if (all->look_at_all && !known->look_ms && !lives(all, known))
		known->look_ms = all->now_ms + LIVES_MS;
	if (!known->look_ms || known->look_ms > all->now_ms)
		return;
	if (!lives(all, known))
		drop(all, known, true);
	else
		known->look_ms = all->now_ms + LIVES_MS;
}

static void look_after(struct everyone *all)
{
	all->look_at_all = all->processes.n > all->many;
	pid_visit(&all->processes, look_at, all);
	if (all->look_at_all)
		all->many = all->processes.n * 2;
}

static void finish_with(void *owner, void *entry)
{
	drop(owner, entry, !lives(owner, entry));
}

/* ---- events ---- */

static void set_name(struct brkwatch_snapshot *snap, const struct trace_event *event)
{
	char path[64], name[64];
	ssize_t len = -1;
	int fd;

	/* A thread may have a name of its own. */
	if (event->tid && event->tid != event->pid) {
		snprintf(path, sizeof(path), "/proc/%d/comm", event->pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = fd >= 0 ? read(fd, name, sizeof(name)) : -1;
		if (fd >= 0)
			close(fd);
	}
	if (len > 0)
		name[len - 1] = '\0';
	snapshot_set_name(snap, len > 0 ? name : event->comm);
}

static bool is_wanted(const struct everyone *all, const struct trace_event *event,
		      const struct brkwatch_snapshot *snap)
{
	/* What we allocate for what we see must not be seen. */
	return event->pid != getpid() && select_has_name(all->what->selection, snap->name);
}

static void begin_space(struct everyone *all, struct known *known, const struct trace_event *event)
{
	struct brkwatch_snapshot *snap = &known->process.snap;
	/* What prctl(2) moved counts where it is now. */
	const uint64_t brk = event->tid ? event->old : event->brk;

	if (snap->space)
		totals_add(&known->process.totals, snap);
	*snap = (struct brkwatch_snapshot){
		.pid = (uint64_t)event->pid, .space = event->space,
		.page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.start_brk = event->start, .start_before = event->start, .start = event->start,
		.brk = brk, .data_limit = BRKWATCH_NONE,
		.next_mapping = BRKWATCH_NONE, .room_bytes = BRKWATCH_NONE, .since = event->time,
	};
	snap->heap_bytes = heap_size(snap, brk);
	snap->heap_pages = snap->heap_bytes / snap->page_size;
	/* The peak is what calls have seen. */
	if (strcmp(event->kind, kind_words[BRKWATCH_EXTERNAL]) != 0 &&
	    strcmp(event->kind, kind_words[BRKWATCH_RESYNC]) != 0)
		snap->peak_bytes = snap->heap_bytes;
	set_name(snap, event);
	known->first = known->seq = 0;
	known->look_ms = 0;
	known->wanted = is_wanted(all, event, snap);
	if (!known->wanted)
		return;
	if (known->shown)
		tell(&all->what->listener, exec, &known->process);
	else
		tell(&all->what->listener, start, &known->process);
	known->shown = true;
}

static char *put_amount(char *p, uint64_t value, bool known, bool address)
{
	return !known ? stpcpy(p, "-") : address ? put_hex16(p, value) : put_u64(p, value);
}

/* The event as a file of the module has it. */
static void set_event(struct everyone *all, const struct trace_event *event)
{
#define SET(id, end) event_set_field(&all->event, &all->text, id, text, (size_t)((end) - text))
	const bool fork = !strcmp(event->kind, kind_words[BRKWATCH_FORK]);
	char text[TEXT_NUMBER_MAX];
	bool address;

	all->event.malformed = false;
	SET(BRKWATCH_SEQ, put_u64(text, event->seq));
	SET(BRKWATCH_TIME_NS, put_u64(text, event->time));
	SET(BRKWATCH_TOOK_NS, put_u64(text, event->took));
	SET(BRKWATCH_TID, put_u64(text, (uint64_t)event->tid));
	SET(BRKWATCH_EVENT, stpncpy(text, event->kind, SCAN_SLACK - 1));
	SET(BRKWATCH_REQUEST, fork ? put_u64(text, event->request) : put_hex16(text, event->request));
	SET(BRKWATCH_OLD, put_hex16(text, event->old));
	SET(BRKWATCH_NEW, put_hex16(text, event->brk));
	SET(BRKWATCH_DELTA_BYTES, put_s64(text, event->delta));
	SET(BRKWATCH_DELTA_PAGES, put_s64(text, event->pages));
	SET(BRKWATCH_REASON, stpncpy(text, event->reason, SCAN_SLACK - 1));
	SET(BRKWATCH_FLAGS, stpncpy(text, event->flags, SCAN_SLACK - 1));
	address = reason_is_of_addresses(all->event.field[BRKWATCH_REASON]);
	/* As in the file: a limit that was exceeded can be 0, what else is 0 is not known. */
	SET(BRKWATCH_LIMIT, put_amount(text, event->limit, event->limit || (event->needed && !address), address));
	SET(BRKWATCH_NEEDED, put_amount(text, event->needed, event->needed, address));
#undef SET
}

static int give(struct everyone *all, struct brkwatch_process *process)
{
	int rc = tell_event(&all->what->listener, process, &all->event);

	all->enough |= rc > 0;
	return rc < 0 ? rc : 0;
}

/*
 * The end of an address space that the process has left by exec can come late: whoever looks at
 * it keeps it.
 */
static int give_former(struct everyone *all, struct known *known,
		       const struct trace_event *event)
{
	struct brkwatch_process process = known->process;
	struct brkwatch_snapshot counted = { .page_size = process.snap.page_size, .start = event->start };

	if (!known->wanted)
		return 0;
	process.snap.space = event->space;
	process.snap.start = event->start;
	snapshot_count(&counted, &all->event);
	totals_add(&known->process.totals, &counted);
	known->process.totals.spaces--;
	return give(all, &process);
}

/* How many events before it are missing; -1: this one was said to be missing, and comes late. */
static int64_t gap_before(struct known *known, uint64_t seq)
{
	uint64_t last = known->seq;

	if (seq < last)
		return seq > known->first ? -1 : 0;
	if (!last)
		known->first = seq;
	known->seq = seq;
	return last ? (int64_t)(seq - last - 1) : 0;
}

static int take(struct everyone *all, const struct trace_event *event)
{
	struct known *known = pid_get(&all->processes, (uint64_t)event->pid, sizeof(*known));
	struct brkwatch_snapshot *snap = &known->process.snap;
	int64_t gap;
	int rc = 0;

	set_event(all, event);
	if (event->space < snap->space)
		return give_former(all, known, event);
	if (event->space != snap->space)
		begin_space(all, known, event);
	gap = gap_before(known, event->seq);
	if (known->wanted) {
		if (gap && trace_is_whole(all->trace)) {
			all->lost += (uint64_t)gap;
			snap->dropped += (uint64_t)gap;
			if (gap > 0)
				tell(&all->what->listener, lost, &known->process, (uint64_t)gap, false);
		}
		snap->start = event->start;
		snap->brk = event->brk;
		snapshot_count(snap, &all->event);
		rc = give(all, &known->process);
	}
	if (event_is(&all->event, BRKWATCH_END))
		known->look_ms = all->now_ms + EXEC_MS;
	return rc;
}

/* ---- the loop ---- */

static int give_out(struct everyone *all, uint64_t before_ns)
{
	const struct trace_event *event;
	int rc = trace_collect(all->trace);

	while (!rc && !all->enough && (event = trace_next(all->trace, before_ns)))
		rc = take(all, event);
	return rc;
}

static int loop(struct everyone *all)
{
	const struct follow_all *what = all->what;
	int rc = 0;

	while (!rc && !all->enough && (!what->end_ms || all->now_ms < what->end_ms)) {
		trace_wait(all->trace, TICK_MS);
		all->now_ms = clock_ms();
		rc = give_out(all, (all->now_ms - HOLD_MS) * 1000000);
		look_after(all);
		rc = rc ?: outbuf_flush(what->out) ?: stop_wait(0, what->out->fd);
		/* Nobody reads it any more, and without events no write would ever tell. */
		if (rc == -EPIPE)
			what->out->error = rc;
	}
	/* What happened until now belongs to it. */
	trace_stop(all->trace);
	rc = rc < 0 ? rc : 0;
	for (int i = 0; i < 2 && !rc && !all->enough; i++)
		rc = give_out(all, UINT64_MAX);
	return rc;
}

static void finish(struct everyone *all)
{
	uint64_t lost;

	pid_visit(&all->processes, finish_with, all);
	lost = trace_lost(all->trace);
	if (lost > all->lost)
		all->what->lost(all->what->listener.owner, lost - all->lost, all->lost);
	trace_close(all->trace);
}

static struct trace *open_trace(const struct follow_all *what)
{
	const struct filter *filter = what->filter;

	/* Where counts are made, all count. */
	if (what->whole || (filter->until && filter->until != QUANTITY_EVENT))
		return trace_open(TRACE_ALL_KINDS, 0, NULL);
	/* The kernel's filter compares with signed numbers. */
	return trace_open(filter->kinds ? filter->kinds | filter->until_kinds : TRACE_ALL_KINDS,
			  filter->until || filter->min_delta > INT64_MAX ? 0 : filter->min_delta, NULL);
}

int follow_all(const struct follow_all *what)
{
	static struct everyone all;
	/* A file of the module's: it stays. */
	int module = brkwatch_await_process(what->bw, getpid()), rc = -ECANCELED;

	all.what = what;
	all.many = MANY_AT_FIRST;
	all.now_ms = clock_ms();
	warn_of_probes(what->bw);
	all.trace = open_trace(what);
	if (all.trace) {
		rc = loop(&all);
		finish(&all);
	}
	if (module >= 0)
		close(module);
	return rc;
}
