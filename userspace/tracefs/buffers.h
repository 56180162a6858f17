/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "libbrkwatch/brkwatch.h"
#include "tracefs/event-layout.h"

/* The events of all processes, by the module's tracepoints. */
struct trace;

#define TRACE_ALL_KINDS	((1u << BRKWATCH_KINDS) - 1)

/* Events of the kernel in the same order, and of which threads. */
struct trace_others {
	const char *program;	/* for which this is, as in brkwatch-PROGRAM */
	const char *advice;	/* for users without the rights */
	bool (*sweep)(pid_t pid);	/* see instance_open() */
	const struct trace_other *events;
	size_t n;
	const char *pids;	/* of threads, with blanks; also of what they fork from then on */
	/* Called as soon as an event is read, before it is delivered in order. */
	void (*seen)(void *owner, const struct trace_event *event);
	void *owner;
};

/*
 * Start recording events of these kinds that move the break by at least @min_delta. The kernel records
 * nothing else, so less is lost. With @others, which may be NULL, it begins with trace_start(). On failure, complains
 * and returns NULL.
 */
struct trace *trace_open(unsigned int kinds, uint64_t min_delta, const struct trace_others *others);
void trace_close(struct trace *trace);

/* Also record these threads, in the form of trace_others.pids. False: it failed; errno says why. */
bool trace_add_pids(const struct trace *trace, const char *pids);

/* Whether all kinds of events are recorded. Then those of a space are numbered without a gap. */
bool trace_is_whole(const struct trace *trace);

/* Until a buffer is half full, a signal comes, or for so long. */
void trace_wait(struct trace *trace, int timeout_ms);

/* Read what there is. Returns 0 or a negative errno. */
int trace_collect(struct trace *trace);

/*
 * The next event in order, or NULL: of those that were made before a time, and may not have others
 * before them that are still to be read. Valid until trace_collect().
 */
const struct trace_event *trace_next(struct trace *trace, uint64_t before_ns);

/* The first of those that are held back, or NULL; likewise valid. */
const struct trace_event *trace_peek(const struct trace *trace);

/* Events are made from now on; false: after a complaint. No more are made. */
bool trace_start(struct trace *trace);
void trace_stop(struct trace *trace);

/* How often something was missing between events that were read. */
uint64_t trace_gaps(const struct trace *trace);

/* How many were overwritten before they were read. */
uint64_t trace_lost(const struct trace *trace);
