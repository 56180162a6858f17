// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/table.h"

struct libscols_table *table_new(void)
{
	struct libscols_table *tb = scols_new_table();

	if (tb)
		scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	return tb;
}

static int cell(struct libscols_line *line, size_t column, const char *fmt, va_list ap)
{
	char *value;

	if (!line || vasprintf(&value, fmt, ap) < 0)
		return -ENOMEM;
	return scols_line_refer_data(line, column, value);
}

int table_cell(struct libscols_line *line, size_t column, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = cell(line, column, fmt, ap);
	va_end(ap);
	return rc;
}

int table_pair(struct libscols_table *tb, const char *key, const char *fmt, ...)
{
	struct libscols_line *line = scols_table_new_line(tb, NULL);
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = cell(line, 1, fmt, ap);
	va_end(ap);
	return rc ?: scols_line_set_data(line, 0, key);
}

int table_put(struct outbuf *out, struct libscols_table *tb)
{
	return table_put_with(out, tb, NULL);
}

int table_put_with(struct outbuf *out, struct libscols_table *tb,
		   void (*below)(struct outbuf *out, struct libscols_line *line))
{
	/* Each line by its number would be searched for from the first one. */
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *printed;
	char *text = NULL;
	int rc = iter ? scols_print_table_to_string(tb, &text) : -ENOMEM;
	bool head = true;

	if (rc) {
		scols_free_iter(iter);
		return rc;
	}
	/* libsmartcols leaves blanks behind an empty last cell. */
	for (char *line = text, *end; *line; line = *end ? end + 1 : end) {
		size_t len = strcspn(line, "\n");

		end = line + len;
		while (len && line[len - 1] == ' ')
			len--;
		outbuf_write(out, line, len);
		outbuf_puts(out, "\n");
		if (below && !head && !scols_table_next_line(tb, iter, &printed))
			below(out, printed);
		head = false;
	}
	scols_free_iter(iter);
	free(text);
	return 0;
}
