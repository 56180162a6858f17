// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "common/table.h"

struct libscols_table *table_new(void)
{
	struct libscols_table *tb = needed(scols_new_table());

	scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	return tb;
}

void table_column(struct libscols_table *tb, const char *title, int flags)
{
	needed(scols_table_new_column(tb, title, 0, flags));
}

struct libscols_line *table_line(struct libscols_table *tb)
{
	return needed(scols_table_new_line(tb, NULL));
}

static void set_cell(struct libscols_line *line, size_t column, const char *fmt, va_list ap)
{
	char *value;

	if (vasprintf(&value, fmt, ap) < 0 || scols_line_refer_data(line, column, value))
		out_of_memory();
}

void table_cell(struct libscols_line *line, size_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_cell(line, column, fmt, ap);
	va_end(ap);
}

void table_pair(struct libscols_table *tb, const char *key, const char *fmt, ...)
{
	struct libscols_line *line = table_line(tb);
	va_list ap;

	table_cell(line, 0, "%s", key);
	va_start(ap, fmt);
	set_cell(line, 1, fmt, ap);
	va_end(ap);
}

void table_put(struct outbuf *out, struct libscols_table *tb)
{
	char *text;

	if (scols_print_table_to_string(tb, &text))
		out_of_memory();
	/* libsmartcols writes blanks after an empty last cell. */
	for (char *line = text, *end; *line; line = *end ? end + 1 : end) {
		size_t len = strcspn(line, "\n");

		end = line + len;
		while (len && line[len - 1] == ' ')
			len--;
		outbuf_write(out, line, len);
		outbuf_puts(out, "\n");
	}
	free(text);
	scols_unref_table(tb);
}
