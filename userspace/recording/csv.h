/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_CSV_H
#define BRKWATCH_CSV_H

#include "events/columns.h"
#include "recording/line.h"

#define CSV_COLUMNS_MAX	64

/* Zeroed at first. */
struct csv {
	enum column_id ids[CSV_COLUMNS_MAX];	/* COLUMNS for an unknown one */
	size_t n;
	struct event_text fields;		/* of the last line */
};

/* Understand @text, which is changed: see line_read(). */
int csv_read(struct csv *csv, char *text, struct line *line);

#endif
