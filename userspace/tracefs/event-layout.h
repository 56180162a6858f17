/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libbrkwatch/brkwatch.h"

struct kbuffer;

#define TRACE_COMM_MAX 16
#define TRACE_VALUES 4

/* An event as a tracepoint of the module gives it, or another one of the kernel's. */
struct trace_event {
	char comm[TRACE_COMM_MAX + 1];
	pid_t pid;
	pid_t tid;
	uint64_t space;
	uint64_t seq;
	uint64_t time;		/* ns, CLOCK_MONOTONIC */
	uint64_t took;
	uint64_t request;
	uint64_t old;
	uint64_t brk;
	uint64_t start;
	int64_t delta;
	int64_t pages;
	const char *kind;	/* words; of the format, which outlives it */
	const char *reason;
	const char *flags;
	uint64_t limit;		/* 0: not known */
	uint64_t needed;
	unsigned int pass;	/* in which it was read, see buffers.c */
	/* Of another one these, with comm, tid and time. */
	bool gap;		/* events before it were lost */
	unsigned int other;	/* its number among those that were added, from 1 on; 0: of the module */
	uint64_t values[TRACE_VALUES];
};

/* One of the kernel's events, and the fields that are the values. A text goes into comm. */
struct trace_other {
	const char *system, *name;
	const char *fields[TRACE_VALUES];
};

/* The layout of the events, and what the numbers in them mean, as the kernel describes it. */
struct trace_format;

/* NULL: there are no such events, or no memory. */
struct trace_format *trace_format_new(void);
void trace_format_free(struct trace_format *format);

/* For the pages of the kernel's buffer. */
struct kbuffer *trace_format_kbuffer(const struct trace_format *format);

/* The kernel's number of the event of such calls. */
int trace_format_id(const struct trace_format *format, enum brkwatch_kind kind);

/* False: it is another's event. */
bool trace_format_decode(const struct trace_format *format, const void *data, size_t size,
			 struct trace_event *event);

/* More events, an array that stays. NULL, or the name of one that the kernel lacks. */
const char *trace_format_add(struct trace_format *format, const struct trace_other *others, size_t n);

/* The same of them; @time_ns is when the kernel says that it was. */
bool trace_format_decode_other(const struct trace_format *format, const void *data, size_t size,
			       uint64_t time_ns, struct trace_event *event);
