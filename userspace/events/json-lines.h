/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_JSON_H
#define BRKWATCH_JSON_H

#include "explain/mappings.h"
#include "common/output.h"
#include "events/printer.h"
#include "libbrkwatch/process-file.h"

struct process;

/* Raised when the meaning of a member changes; members may be added any time. */
#define JSON_SCHEMA 1

/* What added to time_ns gives the nanoseconds since 1970. */
#define JSON_WALL_OFFSET "realtime_offset_ns"

/* Everything here writes one line. */

/*
 * With its events. Returns 0 or, with nothing written, -EPROTO where one of them makes no sense.
 */
int json_report_state(struct outbuf *out, struct snapshot *snap, const struct options *opts,
		      const struct heap_memory *memory);

/* Writes an event at @p, COLUMN_TEXT_MAX for each column at most, and returns where it ended. */
char *json_put_event(char *p, const struct column_list *list, const struct event_view *view);

/* The header block alone; @type is "start" or "exec". */
void json_report_space(struct outbuf *out, const char *type, const struct snapshot *snap,
		       const struct options *opts);

void json_report_lost(struct outbuf *out, const struct snapshot *snap, uint64_t count,
		      bool before_open);
void json_report_summary(struct outbuf *out, uint64_t pid, const struct totals *sum, bool ended);

/* A child that was gone before it could be followed. */
void json_report_missed(struct outbuf *out, pid_t pid, pid_t parent);

/* A process of --top. @time_ns is of the reading, CLOCK_MONOTONIC. */
void json_report_process(struct outbuf *out, const struct process *p, uint64_t time_ns);

#endif
