// SPDX-License-Identifier: GPL-2.0
/*
 * Events come from one buffer for each processor. Those of one address space are in the buffers in
 * the order of their numbers, for the module makes them under a lock; but of two buffers that are
 * read one after the other, the first may lack an event that was made before one of the second. So
 * each is held back until all buffers have been read once more.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <kbuffer.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "common/complain.h"
#include "tracefs/buffers.h"
#include "tracefs/instance.h"

/* Of all processors together, which is never more than a part of the memory; and of each. */
#define BUFFERS_KIB	((size_t)64 * 1024)
#define BUFFERS_PART	32
#define BUFFER_KIB_MAX	4096
#define BUFFER_KIB_MIN	512

/* Where mmap and munmap are recorded, too: 100,000 of each make 16 MiB. */
#define BUFFER_KIB_OTHERS 32768

/* More are not held back, whatever their age. */
#define HELD_MAX	((size_t)1 << 18)

struct trace {
	struct instance instance;
	struct trace_format *format;
	struct kbuffer *kbuf;
	struct pollfd *cpus;
	int *fds;		/* of the same */
	size_t n_cpus;
	char *page;
	size_t page_size;
	unsigned int kinds;
	uint64_t min_delta;
	const struct trace_others *others;	/* or NULL */
	uint64_t n_others;	/* that were read */
	uint64_t gaps;
	bool gap;		/* before the next event */

	/* Sorted, but for what trace_collect() is adding. */
	struct trace_event *held;
	size_t first, n, room;
	unsigned int pass;
};

/* ---- which events ---- */

bool trace_is_whole(const struct trace *trace)
{
	return trace->kinds == TRACE_ALL_KINDS && !trace->min_delta;
}

/* Of a refused call what counts is the delta that it asked for, and others are few. */
static bool set_filter(const struct trace *trace, enum brkwatch_kind kind, const char *name)
{
	bool moves = kind == BRKWATCH_GROW || kind == BRKWATCH_SHRINK || kind == BRKWATCH_MOVE;
	char text[128];

	if (!moves || !trace->min_delta)
		return true;
	snprintf(text, sizeof(text), "delta >= %" PRIu64 " || delta <= -%" PRIu64, trace->min_delta,
		 trace->min_delta);
	return tracefs_event_file_write(trace->instance.tracefs, "brkwatch", name, "filter", text) > 0;
}

static bool enable_events(const struct trace *trace)
{
	for (enum brkwatch_kind kind = 0; kind <= BRKWATCH_FORK; kind++) {
		char name[32] = "brk_other";

		/* The last stands for all that is no call: the ends are always of interest. */
		if (kind < BRKWATCH_FORK) {
			if (!(trace->kinds & 1u << kind) ||
			    (trace->min_delta && (kind == BRKWATCH_QUERY || kind == BRKWATCH_SAME)))
				continue;
			snprintf(name, sizeof(name), "brk_%s", brkwatch_kind_name(kind));
		}
		if (!set_filter(trace, kind, name) ||
		    tracefs_event_file_write(trace->instance.tracefs, "brkwatch", name, "enable", "1") < 0) {
			warn_user("cannot enable the event %s: %s", name, strerror(errno));
			return false;
		}
	}
	return true;
}

bool trace_add_pids(const struct trace *trace, const char *pids)
{
	return tracefs_instance_file_append(trace->instance.tracefs, "set_event_pid", pids) >= 0;
}

/* Before any event is enabled: those of other processes are not to come. */
static bool enable_others(const struct trace *trace)
{
	const struct trace_others *others = trace->others;
	struct tracefs_instance *tracefs = trace->instance.tracefs;
	const char *missing = trace_format_add(trace->format, others->events, others->n);

	if (missing) {
		warn_user("this kernel has no event %s; it must be built with CONFIG_FTRACE_SYSCALLS", missing);
		return false;
	}
	if (tracefs_instance_file_write(tracefs, "options/event-fork", "1") < 0 || !trace_add_pids(trace, others->pids)) {
		warn_user("cannot choose the processes to trace: %s", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < others->n; i++) {
		const struct trace_other *other = &others->events[i];

		if (tracefs_event_file_write(tracefs, other->system, other->name, "enable", "1") < 0) {
			warn_user("cannot enable the event %s: %s", other->name, strerror(errno));
			return false;
		}
	}
	return true;
}

/* ---- the buffers ---- */

static bool open_buffers(struct trace *trace)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	trace->cpus = needed(calloc((size_t)cpus, sizeof(*trace->cpus)));
	trace->fds = needed(calloc((size_t)cpus, sizeof(*trace->fds)));
	for (long cpu = 0; cpu < cpus; cpu++) {
		char name[64];
		int fd;

		snprintf(name, sizeof(name), "per_cpu/cpu%ld/trace_pipe_raw", cpu);
		fd = tracefs_instance_file_open(trace->instance.tracefs, name,
						O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		trace->fds[trace->n_cpus] = fd;
		trace->cpus[trace->n_cpus++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return trace->n_cpus;
}

bool trace_start(struct trace *trace)
{
	const bool ok = !tracefs_trace_on(trace->instance.tracefs);

	if (!ok)
		warn_user("cannot start the trace: %s", strerror(errno));
	return ok;
}

void trace_stop(struct trace *trace)
{
	tracefs_trace_off(trace->instance.tracefs);
}

static bool set_buffer_size(const struct trace *trace)
{
	const size_t memory = (size_t)sysconf(_SC_PHYS_PAGES) * ((size_t)sysconf(_SC_PAGESIZE) / 1024);
	const size_t all = memory / BUFFERS_PART < BUFFERS_KIB ? memory / BUFFERS_PART : BUFFERS_KIB;
	const size_t most = trace->others ? BUFFER_KIB_OTHERS : BUFFER_KIB_MAX;
	size_t kib = all / (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	kib = kib > most ? most : kib < BUFFER_KIB_MIN ? BUFFER_KIB_MIN : kib;
	/* With a smaller one more is lost, which is better than to have none. */
	while ((rc = tracefs_instance_set_buffer_size(trace->instance.tracefs, kib, -1)) && errno == ENOMEM &&
	       kib > BUFFER_KIB_MIN)
		kib /= 2;
	return !rc;
}

static bool set_up_instance(struct trace *trace)
{
	struct tracefs_instance *instance = trace->instance.tracefs;

	if (tracefs_instance_file_write(instance, "trace_clock", "mono") < 0 || !set_buffer_size(trace) ||
	    !open_buffers(trace)) {
		warn_user("cannot set up a trace buffer: %s", strerror(errno));
		return false;
	}
	if (!trace->others)
		return enable_events(trace);
	trace_stop(trace);
	return enable_others(trace) && enable_events(trace);
}

struct trace *trace_open(unsigned int kinds, uint64_t min_delta, const struct trace_others *others)
{
	static const char advice[] = "--follow --all needs root and tracefs. "
		"Without root, follow your own processes with --follow --uid USER";
	struct trace *trace = needed(calloc(1, sizeof(*trace)));

	trace->kinds = kinds;
	trace->min_delta = min_delta;
	trace->others = others;
	if (!instance_open(&trace->instance, others ? others->program : "cli", others ? others->advice : advice,
			   others ? others->sweep : NULL)) {
		free(trace);
		return NULL;
	}
	/* The kernel fills one page at a time, by default of this size. */
	trace->page_size = (size_t)64 * 1024;
	trace->page = needed(malloc(trace->page_size));
	trace->format = trace_format_new();
	trace->kbuf = trace->format ? trace_format_kbuffer(trace->format) : NULL;
	if (!trace->kbuf)
		warn_user("the tracepoints of the module are missing or of another version; use programs and module of "
			  "the same version%s", others ? "" : ", or follow processes by PID, --comm or --uid");
	if (trace->kbuf && set_up_instance(trace))
		return trace;
	trace_close(trace);
	return NULL;
}

void trace_close(struct trace *trace)
{
	for (size_t i = 0; i < trace->n_cpus; i++)
		close(trace->fds[i]);
	instance_close(&trace->instance);
	if (trace->kbuf)
		kbuffer_free(trace->kbuf);
	trace_format_free(trace->format);
	free(trace->cpus);
	free(trace->fds);
	free(trace->page);
	free(trace->held);
	free(trace);
}

void trace_wait(struct trace *trace, int timeout_ms)
{
	if (poll(trace->cpus, trace->n_cpus, timeout_ms) <= 0)
		return;
	/* Of a processor that is off there is only bad news: read it anyway, but do not ask. */
	for (size_t i = 0; i < trace->n_cpus; i++)
		if (trace->cpus[i].revents & (POLLERR | POLLNVAL))
			trace->cpus[i].fd = -1;
}

/* ---- reading ---- */

/* False: nobody has asked for it. */
static bool decode(struct trace *trace, const void *data, uint64_t stamp, struct trace_event *event)
{
	const size_t size = (size_t)kbuffer_event_size(trace->kbuf);

	if (trace_format_decode(trace->format, data, size, event))
		return true;
	if (!trace->others || !trace_format_decode_other(trace->format, data, size, stamp, event))
		return false;
	event->gap = trace->gap;
	trace->gap = false;
	/* At one time there may be several, as a clock can be coarse. */
	event->seq = ++trace->n_others;
	trace->others->seen(trace->others->owner, event);
	return true;
}

static int take_page(struct trace *trace)
{
	unsigned long long stamp;
	struct trace_event event;
	const void *data;

	if (kbuffer_load_subbuffer(trace->kbuf, trace->page))
		return -EPROTO;
	if (kbuffer_missed_events(trace->kbuf)) {
		trace->gaps++;
		trace->gap = true;
	}
	while ((data = kbuffer_read_event(trace->kbuf, &stamp))) {
		if (decode(trace, data, stamp, &event)) {
			event.pass = trace->pass;
			*array_add(trace->held, trace->n, trace->room) = event;
		}
		kbuffer_next_event(trace->kbuf, &stamp);
	}
	return 0;
}

/* No more than is held anyway: the other processors have their turn. */
static int read_cpu(struct trace *trace, int fd)
{
	int rc = 0;

	while (!rc && trace->n < HELD_MAX * 2) {
		ssize_t len = read(fd, trace->page, trace->page_size);

		if (len < 0 && errno == EINTR)
			continue;
		/* Of a processor that has not been on yet it says ENODEV. */
		if (len <= 0)
			return len < 0 && errno != EAGAIN && errno != ENODEV ? -errno : 0;
		rc = take_page(trace);
	}
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct trace_event *x = a, *y = b;

	/* Within a space time never goes back, and numbers are in order. */
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->space != y->space)
		return x->space < y->space ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

int trace_collect(struct trace *trace)
{
	size_t old = trace->n - trace->first;
	int rc = 0;

	if (trace->first && old)
		memmove(trace->held, trace->held + trace->first, old * sizeof(*trace->held));
	trace->first = 0;
	trace->n = old;
	trace->pass++;
	for (size_t i = 0; i < trace->n_cpus && !rc; i++)
		rc = read_cpu(trace, trace->fds[i]);
	if (trace->n > old)
		qsort(trace->held, trace->n, sizeof(*trace->held), compare);
	return rc;
}

const struct trace_event *trace_next(struct trace *trace, uint64_t before_ns)
{
	const struct trace_event *event = trace->held + trace->first;

	if (trace->first == trace->n)
		return NULL;
	if (trace->n - trace->first <= HELD_MAX &&
	    (event->time >= before_ns || event->pass == trace->pass))
		return NULL;
	trace->first++;
	return event;
}

const struct trace_event *trace_peek(const struct trace *trace)
{
	return trace->first < trace->n ? trace->held + trace->first : NULL;
}

/* ---- losses ---- */

uint64_t trace_gaps(const struct trace *trace)
{
	return trace->gaps;
}

static uint64_t overwritten(const char *stats)
{
	uint64_t sum = 0, value;

	for (const char *line = stats; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "overrun: %" SCNu64, &value) == 1 ||
		    sscanf(line, "commit overrun: %" SCNu64, &value) == 1 ||
		    sscanf(line, "dropped events: %" SCNu64, &value) == 1)
			sum += value;
	}
	return sum;
}

uint64_t trace_lost(const struct trace *trace)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t sum = 0;

	for (long cpu = 0; cpu < cpus; cpu++) {
		char name[64], *stats;

		snprintf(name, sizeof(name), "per_cpu/cpu%ld/stats", cpu);
		stats = tracefs_instance_file_read(trace->instance.tracefs, name, NULL);
		sum += stats ? overwritten(stats) : 0;
		free(stats);
	}
	return sum;
}
