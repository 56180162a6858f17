// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libbrkwatch/process-table.h"

/* A thousand rows are 150 KiB: many small reads would take most of the time. */
#define READ_SIZE 65536

static int find_columns(struct rows *rows, const char *const *names)
{
	char *line = rows->line, *word;

	for (size_t i = 0; i < rows->n; i++) {
		rows->columns[i] = -1;
		rows->values[i] = "0";
	}
	for (int column = 0; (word = strsep(&line, "\t\n")); column++)
		for (size_t i = 0; i < rows->n; i++)
			if (!strcmp(word, names[i] + (*names[i] == '?'))) {
				rows->columns[i] = column;
				rows->found++;
			}
	for (size_t i = 0; i < rows->n; i++)
		if (rows->columns[i] < 0 && *names[i] != '?')
			return -EPROTO;
	return 0;
}

static int read_line(struct rows *rows)
{
	errno = 0;
	if (getline(&rows->line, &rows->room, rows->file) > 0)
		return 1;
	return ferror(rows->file) || errno ? -(errno ?: EIO) : 0;
}

int rows_open(struct rows *rows, const struct options *opts, const char *file,
	      const char *const *names, size_t n)
{
	char *path;
	int rc;

	*rows = (struct rows){ .n = n };
	if (asprintf(&path, "%s/%s", opts->proc_dir, file) < 0)
		return -ENOMEM;
	rows->file = fopen(path, "re");
	rc = rows->file ? 0 : -errno;
	free(path);
	if (rc)
		return rc;
	setvbuf(rows->file, NULL, _IOFBF, READ_SIZE);
	rc = read_line(rows);
	rc = rc > 0 ? find_columns(rows, names) : rc ?: -EPROTO;
	if (rc)
		rows_close(rows);
	return rc;
}

int rows_next(struct rows *rows)
{
	size_t found = 0;
	char *line, *word;
	int rc = read_line(rows);

	if (rc <= 0)
		return rc;
	line = rows->line;
	for (int column = 0; (word = strsep(&line, "\t\n")); column++)
		for (size_t i = 0; i < rows->n; i++)
			if (rows->columns[i] == column) {
				rows->values[i] = word;
				found++;
			}
	return found == rows->found ? 1 : -EPROTO;
}

bool rows_number(const struct rows *rows, size_t i, uint64_t *number)
{
	const char *text = rows->values[i];
	char *end;

	errno = 0;
	*number = strtoull(text, &end, !strncmp(text, "0x", 2) ? 16 : 10);
	return isdigit((unsigned char)*text) && !*end && !errno;
}

void rows_close(struct rows *rows)
{
	free(rows->line);
	fclose(rows->file);
}
