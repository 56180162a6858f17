/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_FIELDS_H
#define BRKWATCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

/* What a value in /proc/brkwatch looks like, and so how JSON shows it. */
enum field_kind {
	FIELD_UNSIGNED,		/* decimal */
	FIELD_SIGNED,
	FIELD_LIMIT,		/* decimal, or a word for "no limit": JSON null */
	FIELD_ADDRESS,		/* 0x... */
	FIELD_MAPPING,		/* 0x..., or a word for "none": JSON null */
	FIELD_REQUEST,		/* 0x..., but the number of the child where event is fork */
	FIELD_TEXT,		/* short text, "-" for none: JSON null */
	FIELD_FOR_PEOPLE,	/* no value of its own */
};

/* A "Key:\tvalue" line of the header block, kept in a struct snapshot. */
struct header_field {
	const char *key;
	const char *json;
	enum field_kind kind;
	size_t offset;
	bool needed;		/* without it nothing can be shown */
};

/* The columns of the event table in a file, in their order; see also struct column. */
enum event_field_id {
	EV_SEQ,
	EV_TIME_NS,
	EV_TOOK_NS,
	EV_TID,
	EV_EVENT,
	EV_REQUEST,
	EV_OLD,
	EV_NEW,
	EV_DELTA_BYTES,
	EV_DELTA_PAGES,
	EV_REASON,
	EV_FLAGS,
	EVENT_FIELDS,
};

#define HEADER_FIELDS 31

extern const struct header_field header_fields[HEADER_FIELDS];

/*
 * The header has been read. An older module or recording has fewer keys: note which, where @seen
 * has a bit for each that is there. Returns the first one missing that is needed, or NULL.
 */
const struct header_field *header_end(struct snapshot *snap, uint32_t seen);

/* Whether the key was there that @member, one of the snapshot's, has the value of. */
bool header_has(const struct snapshot *snap, const uint64_t *member);

#endif
