/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

/* What the files of the library, and the programs beside it, know of its objects. */

#include "libbrkwatch/brkwatch.h"
#include "libbrkwatch/event.h"
#include "libbrkwatch/text.h"

struct brkwatch {
	const char *directory;
	bool live;
};

/* Open a file of the directory. Returns a descriptor or a negative errno. */
int brkwatch_open_file(const struct brkwatch *bw, const char *name);

/* The whole file. Returns 0 or a negative errno. */
int brkwatch_read_file(const struct brkwatch *bw, const char *name, struct text *text);

/* The file of a process, and the same after waiting for it as brkwatch_read() does. */
int brkwatch_open_process(const struct brkwatch *bw, pid_t pid);
int brkwatch_await_process(const struct brkwatch *bw, pid_t pid);

struct brkwatch_reader {
	struct text text;	/* of a whole file, which another reading replaces */
	unsigned int columns;	/* of FIELDS_OF_ALL, those that the table of events has */
	bool has_evidence;	/* and the others */
	const char *line;	/* the event returned last */
	const char *cursor;	/* the next one */
	char problem[128];
	struct brkwatch_snapshot *current;	/* of what was read last */
	struct brkwatch_snapshot snap;
	struct brkwatch_event event;
};

/* Take a snapshot from @fd, which goes into @snap; it stays until the next reading. */
int reader_take(struct brkwatch_reader *reader, int fd, struct brkwatch_snapshot *snap);

/* The same from a copy of a file. */
int reader_take_text(struct brkwatch_reader *reader, const char *text, size_t len,
		     struct brkwatch_snapshot *snap);

/* The same from the rows of a table of events that is complete, of a header that is known. */
int reader_take_events(struct brkwatch_reader *reader, const char *text, size_t len,
		       struct brkwatch_snapshot *snap);

/* As brkwatch_next_event(); the event is valid until the next reading. */
int reader_next_event(struct brkwatch_reader *reader, struct brkwatch_event *event);

/* The event just returned turned out to make no sense: returns -EPROTO. */
int reader_event_problem(struct brkwatch_reader *reader);

/* What a "Key:\tvalue" line looks like, and so how JSON shows it. */
enum value_kind {
	VALUE_UNSIGNED,		/* decimal */
	VALUE_SIGNED,
	VALUE_LIMIT,		/* decimal, or a word for "no limit": JSON null */
	VALUE_ADDRESS,		/* 0x... */
	VALUE_MAPPING,		/* 0x..., or a word for "none": JSON null */
	VALUE_REQUEST,		/* 0x..., but the number of the child where event is fork */
	VALUE_TEXT,		/* short text, "-" for none: JSON null */
	VALUE_AMOUNT,		/* decimal or 0x..., "-" for none: JSON null */
	VALUE_FOR_PEOPLE,	/* no value of its own */
};

/* The lines of the header block that are numbers. */
struct header_field {
	const char *key;
	const char *json;
	enum value_kind kind;
	size_t offset;		/* in struct brkwatch_snapshot */
	bool needed;		/* without it nothing can be shown */
};

#define HEADER_FIELDS 33	/* at most 64 */
#define HEADER_BIT(i) (1ull << (i))	/* of a snapshot's missing */

extern const struct header_field header_fields[HEADER_FIELDS];

/*
 * The header has been read. An older module or recording has fewer keys; the bits of those are left
 * in snap->missing. Returns the first one that is needed, or NULL.
 */
const struct header_field *header_end(struct brkwatch_snapshot *snap);

/* Whether the key was there that @member, one of the snapshot's, has the value of. */
bool header_has(const struct brkwatch_snapshot *snap, const uint64_t *member);

/* A value as the header block has it. False: it is not of that kind. */
bool value_parse(enum value_kind kind, const char *text, uint64_t *value);

static inline uint64_t *header_value(const struct header_field *field,
				     struct brkwatch_snapshot *snap)
{
	return (uint64_t *)((char *)snap + field->offset);
}

/* Of a recording that does not say, that of most machines. */
static inline uint64_t page_size_of(const struct brkwatch_snapshot *snap)
{
	return snap->page_size ? snap->page_size : 4096;
}

/* The size of the heap with this break, by where it starts now. */
static inline uint64_t heap_size(const struct brkwatch_snapshot *snap, uint64_t brk)
{
	return snap->start && brk > snap->start ? brk - snap->start : 0;
}

/* prctl(2) can move the start. An older module does not tell where to, and says 0. */
static inline void snapshot_follow_start(struct brkwatch_snapshot *snap, struct brkwatch_event *ev)
{
	if (event_is_external(ev))
		snap->start = event_address(ev, BRKWATCH_REQUEST) ?: snap->start;
}

/* Count an event as the module does. */
void snapshot_count(struct brkwatch_snapshot *snap, struct brkwatch_event *event);

/* A name that is not escaped yet. */
void snapshot_set_name(struct brkwatch_snapshot *snap, const char *name);

void totals_add(struct brkwatch_totals *totals, const struct brkwatch_snapshot *snap);
void totals_add_row(struct brkwatch_totals *totals, const struct brkwatch_row *row);

/* CLOCK_MONOTONIC */
uint64_t clock_ns(void);
uint64_t clock_ms(void);
