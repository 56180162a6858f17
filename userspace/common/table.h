/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_TABLE_H
#define BRKWATCH_TABLE_H

#include <libsmartcols.h>
#include <stdbool.h>

#include "common/output.h"

/* A table whose widths never depend on the terminal: lines are for less and grep, too. */
struct libscols_table *table_new(void);

/* Cell @column of a line; returns 0 or a negative errno. */
int table_cell(struct libscols_line *line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A line of two cells. */
int table_pair(struct libscols_table *tb, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

int table_put(struct outbuf *out, struct libscols_table *tb);

/* The same, and what @below prints after each line but the head. */
int table_put_with(struct outbuf *out, struct libscols_table *tb,
		   void (*below)(struct outbuf *out, struct libscols_line *line));

#endif
