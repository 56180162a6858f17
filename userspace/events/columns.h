/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "events/style.h"

/* The data that the columns of an event are made from. */
struct event_view {
	struct brkwatch_event *ev;
	const struct brkwatch_process *process;
	const struct event_style *style;
	uint64_t previous_ns;		/* of the event printed before, 0: none */
};

#define COLUMN_OF(field_id)	((enum column_id)(COL_SEQ + (field_id)))

/* The only list of columns: headings, help, JSON and CSV come from it. */
struct column {
	const char *name;		/* on the command line, in JSON and CSV */
	char json_key[24];		/* ,"name": */
	unsigned int json_key_len;
	enum value_kind kind;		/* in JSON and CSV */
	const char *title;		/* for people */
	int width;			/* see column_width() */
	int width_bytes;		/* the same with --bytes */
	bool right;
	char *(*put)(char *p, const struct event_view *view);
	const char *help;
};

#define COLUMN_WIDTH_MAX 32

/* The room that a put() and the blanks around its text need. */
#define COLUMN_TEXT_MAX 384

extern const struct column event_columns[COLUMNS];

/* The minimum width, up to COLUMN_WIDTH_MAX; 0: the width of the text. */
int column_width(enum column_id id, const struct event_style *style);

/* The column of that name, or COLUMNS. */
enum column_id column_called(const char *name, size_t len);

/*
 * Parse "NAME,NAME" or "+NAME,NAME", each name at most once. Returns NULL, or the position of the
 * error.
 */
const char *columns_parse(const char *text, struct column_list *list);

/* Replace the list by the columns asked for, if any, or add them to it. */
void columns_choose(struct column_list *list, const struct column_list *asked);

static inline void columns_append(struct column_list *list, enum column_id id)
{
	list->ids[list->n++] = id;
}

/*
 * The columns of CSV and JSON by default. The last ones are limit and needed, which only a refusal
 * has.
 */
void columns_for_programs(struct column_list *list, bool csv);

/* The size of the heap after the event, if the start of the heap is known. */
uint64_t column_heap(const struct event_view *view);
