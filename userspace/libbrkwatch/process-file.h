/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SNAPSHOT_H
#define BRKWATCH_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events/sparkline.h"
#include "libbrkwatch/event.h"

/* The Format: that is understood. */
#define SNAPSHOT_FORMAT "1"

/* A limit or address that the file gives as a word: unlimited, none. */
#define VALUE_NONE UINT64_MAX

/* Room for a text, which grows. Several snapshots may use the same, one after another. */
struct text_buffer {
	char *data;		/* the owner frees it */
	size_t size;
};

/* One reading of /proc/brkwatch/<pid>. */
struct snapshot {
	char name[128];		/* escaped, as in /proc/PID/status */
	bool exited;
	uint64_t pid;
	uint64_t space;
	uint64_t page_size;	/* 0: not known, of a recording of events alone */
	uint64_t start_brk;	/* likewise */
	uint64_t brk;
	uint64_t heap_bytes;
	uint64_t heap_pages;
	uint64_t peak_bytes;
	uint64_t data_limit;
	uint64_t next_mapping;
	uint64_t room_bytes;
	uint64_t since;
	uint64_t calls;
	uint64_t queries;
	uint64_t grows;
	uint64_t shrinks;
	uint64_t moves;
	uint64_t same;
	uint64_t refused;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t in_flight;
	uint64_t lost;
	uint64_t history;
	uint64_t events;
	uint64_t dropped;
	uint64_t external;
	uint64_t resyncs;
	uint64_t external_up_bytes;
	uint64_t external_down_bytes;
	uint64_t start_before;
	uint32_t missing;	/* a bit for each of header_fields that was not there: it is 0 */

	uint64_t start;		/* of the heap, after the event returned last; 0: not known */

	char problem[128];	/* what was wrong, after -EPROTO */

	struct trend trend;	/* only where it is shown */

	/* private: */
	struct text_buffer *buffer;
	char *text;
	size_t len;
	unsigned int columns;	/* of ours that the table of events has */
	const char *line;	/* the event returned last */
	const char *cursor;	/* the next one */
};

/* Of a recording that does not say, that of most machines. */
static inline uint64_t snapshot_page_size(const struct snapshot *snap)
{
	return snap->page_size ? snap->page_size : 4096;
}

/* The size of the heap with this break, by where it starts now. */
static inline uint64_t snapshot_heap(const struct snapshot *snap, uint64_t brk)
{
	return snap->start && brk > snap->start ? brk - snap->start : 0;
}

/* prctl(2) can move the start. An older module does not tell where to, and says 0. */
static inline void snapshot_follow_start(struct snapshot *snap, struct event *ev)
{
	if (event_field_is(ev, EV_EVENT, "external") || event_field_is(ev, EV_EVENT, "resync"))
		snap->start = event_address(ev, EV_REQUEST) ?: snap->start;
}

void snapshot_init(struct snapshot *snap, struct text_buffer *buffer);

/*
 * Take a new snapshot from @fd. Returns 0, or a negative errno: -EPROTO where the text
 * makes no sense, see @problem.
 */
int snapshot_read(struct snapshot *snap, int fd);

/*
 * Returns 1 and the next event, 0 after the last one, -EPROTO as above. The event is valid until
 * the next snapshot_read() into the same buffer.
 */
int snapshot_next_event(struct snapshot *snap, struct event *ev);

/* The event just returned turned out to make no sense: returns -EPROTO and sets @problem. */
int snapshot_event_problem(struct snapshot *snap);

#endif
