/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_TABLE_H
#define BRKWATCH_TABLE_H

#include <libsmartcols.h>
#include <stdint.h>

#include "common/output.h"
#include "common/format-number.h"

/* A size or number as a string of its own, for printf. */
struct number {
	char text[TEXT_NUMBER_MAX];
};

static inline struct number size_text(uint64_t size, bool bytes)
{
	struct number n = { .text = "" };

	*put_size(n.text, size, bytes) = '\0';
	return n;
}

static inline struct number address_text(uint64_t address)
{
	struct number n = { .text = "" };

	*put_hex(n.text, address) = '\0';
	return n;
}

static inline struct number seconds_text(uint64_t ns)
{
	struct number n = { .text = "" };

	*put_seconds(n.text, ns) = '\0';
	return n;
}

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
