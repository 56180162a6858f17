/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_ROWS_H
#define BRKWATCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/cli.h"

#define ROWS_COLUMNS_MAX 16

/* A table of /proc/brkwatch that has a line for each process: all, exited. */
struct rows {
	const char *values[ROWS_COLUMNS_MAX];	/* of the row read last, until the next one */

	/* private: */
	FILE *file;
	char *line;
	size_t room;
	size_t n, found;
	int columns[ROWS_COLUMNS_MAX];
};

/*
 * Open @file of the directory and find the @n (at most ROWS_COLUMNS_MAX) columns called @names.
 * They may be in any place: a newer module may have more. One with a "?" before its name may be
 * absent, as an older module does not have it: then its value is "0". Returns 0, a negative errno,
 * or -EPROTO where there is no such column. Only after 0 rows_close() is needed.
 */
int rows_open(struct rows *rows, const struct options *opts, const char *file,
	      const char *const *names, size_t n);

/*
 * Read a row: its values, in the order of the names, are in @values. Returns 1, 0 after the last
 * row, a negative errno, or -EPROTO where a row is cut short.
 */
int rows_next(struct rows *rows);

/* Value @i of the row as a number, decimal or 0x...; false where it is none. */
bool rows_number(const struct rows *rows, size_t i, uint64_t *number);

void rows_close(struct rows *rows);

#endif
