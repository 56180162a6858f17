/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <libsmartcols.h>

#include "common/output.h"

/* A table whose widths do not depend on the terminal, because less and grep read it, too. */
struct libscols_table *table_new(void);
void table_column(struct libscols_table *tb, const char *title, int flags);

struct libscols_line *table_line(struct libscols_table *tb);
void table_cell(struct libscols_line *line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a line of two cells. */
void table_pair(struct libscols_table *tb, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Print it, and free it. */
void table_put(struct outbuf *out, struct libscols_table *tb);
