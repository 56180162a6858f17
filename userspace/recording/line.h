/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_RECORD_H
#define BRKWATCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libbrkwatch/event.h"
#include "events/printer.h"
#include "libbrkwatch/process-file.h"

enum record_type {
	RECORD_OTHER,		/* of no concern: an empty line, a newer version's */
	RECORD_HEAD,		/* of CSV */
	RECORD_SPACE,		/* a process, or another address space of one */
	RECORD_EVENT,
	RECORD_STATE,		/* a space with its events, see record_next_event() */
	RECORD_LOST,
	RECORD_MISSED,
	RECORD_SUMMARY,
};

/* Of a field of an event, with what scanning it wants. */
#define RECORD_FIELD_MAX	((size_t)2 * SCAN_SLACK)

/* A line of what --json or --csv has written. What does not belong to the type is not set. */
struct record {
	enum record_type type;
	struct snapshot snap;		/* pid and space are set for all */
	struct event event;
	bool wall_known;
	int64_t wall_offset_ns;		/* from CLOCK_MONOTONIC to CLOCK_REALTIME */
	uint64_t count;			/* of lost events */
	bool before_open;
	pid_t parent;			/* of a missed process */
	struct totals totals;		/* of a summary */
	bool ended;
	const char *text;		/* a state as the module would say it */
	size_t text_len;
	char problem[128];		/* what was wrong, after -EPROTO; may be empty */

	/* private: */
	char fields[EVENT_FIELDS][RECORD_FIELD_MAX];
};

/* Knows which it is, and what CSV's head says. NULL: no memory. */
struct record_reader *record_reader_new(void);
void record_reader_free(struct record_reader *reader);

/*
 * Understand a line, which is changed. Returns 0, or -EPROTO or -ENOMEM. The record is valid until
 * the next call.
 */
int record_read(struct record_reader *reader, char *line, struct record *record);

/* The next event of a state. Returns 1, 0 after the last one, or -EPROTO. */
int record_next_event(struct record_reader *reader, struct record *record);

/* Say what is wrong with it. Returns -EPROTO. */
int record_problem(struct record *record, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Make a field of the event this text; false where it is too long for any. */
bool record_set_field(struct record *record, enum event_field_id id, const char *text, size_t len);

/* The name of a process, escaped as the module does. */
void record_set_name(struct snapshot *snap, const char *name);

#endif
