// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "libbrkwatch/internal.h"

/* A thousand rows are 150 KiB: many small reads would take most of the time. */
#define READ_SIZE 65536

#define COLUMN(name) { #name, offsetof(struct brkwatch_row, name) }

/* They may be in any place, for a newer module may have more. */
static const struct {
	const char *name;
	size_t offset;
} columns[] = {
	COLUMN(pid), COLUMN(name), COLUMN(start_brk), COLUMN(brk), COLUMN(heap_bytes),
	COLUMN(peak_bytes), COLUMN(calls), COLUMN(grows), COLUMN(shrinks), COLUMN(refused),
	COLUMN(grown_bytes), COLUMN(shrunk_bytes), COLUMN(last_event_ns),
	COLUMN(space), COLUMN(exit_ns),
};

enum { PID, NAME, START_BRK, BRK, COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* An older module may be without the number of the space, and all has no time of the exit. */
#define NEEDED	((size_t)COLUMNS - 2)

struct brkwatch_table {
	FILE *file;
	char *line;
	size_t room;
	size_t found;		/* of the columns */
	int places[COLUMNS];
	struct brkwatch_row row;
};

static int read_line(struct brkwatch_table *table)
{
	errno = 0;
	if (getline(&table->line, &table->room, table->file) > 0)
		return 1;
	return ferror(table->file) || errno ? -(errno ?: EIO) : 0;
}

static int find_columns(struct brkwatch_table *table)
{
	char *line = table->line, *word;

	for (size_t i = 0; i < COLUMNS; i++)
		table->places[i] = -1;
	for (int place = 0; (word = strsep(&line, "\t\n")); place++)
		for (size_t i = 0; i < COLUMNS; i++)
			if (!strcmp(word, columns[i].name)) {
				table->places[i] = place;
				table->found++;
			}
	for (size_t i = 0; i < NEEDED; i++)
		if (table->places[i] < 0)
			return -EPROTO;
	return 0;
}

int brkwatch_table_open(struct brkwatch_table **place, const struct brkwatch *bw, const char *file)
{
	struct brkwatch_table *table = calloc(1, sizeof(*table));
	int fd, rc;

	if (!table)
		return -ENOMEM;
	fd = brkwatch_open_file(bw, "%s", file);
	table->file = fd < 0 ? NULL : fdopen(fd, "r");
	rc = fd < 0 ? fd : table->file ? 0 : -errno;
	if (!rc) {
		setvbuf(table->file, NULL, _IOFBF, READ_SIZE);
		rc = read_line(table);
		rc = rc > 0 ? find_columns(table) : rc ?: -EPROTO;
	}
	if (rc)
		brkwatch_table_close(table);
	else
		*place = table;
	return rc;
}

void brkwatch_table_close(struct brkwatch_table *table)
{
	if (!table)
		return;
	if (table->file)
		fclose(table->file);
	free(table->line);
	free(table);
}

/* An address has an x, and nothing else has. */
static bool parse_value(struct brkwatch_row *row, size_t i, const char *text)
{
	bool address = i == START_BRK || i == BRK;
	void *member = (char *)row + columns[i].offset;
	unsigned long long value;
	char *end;

	if (i == NAME)
		return snprintf(member, sizeof(row->name), "%s", text) > 0 || !*text;
	errno = 0;
	value = strtoull(text, &end, address ? 16 : 10);
	if (!isdigit((unsigned char)*text) || *end || errno || address != !strncmp(text, "0x", 2) ||
	    (i == PID && value > INT_MAX))
		return false;
	if (i == PID)
		row->pid = (pid_t)value;
	else
		*(uint64_t *)member = value;
	return true;
}

int brkwatch_table_next(struct brkwatch_table *table, const struct brkwatch_row **row)
{
	char *line, *word;
	size_t found = 0;
	int rc = read_line(table);

	if (rc <= 0)
		return rc;
	line = table->line;
	for (int place = 0; (word = strsep(&line, "\t\n")); place++)
		for (size_t i = 0; i < COLUMNS; i++)
			if (table->places[i] == place)
				found += parse_value(&table->row, i, word);
	*row = &table->row;
	return found == table->found ? 1 : -EPROTO;
}

bool brkwatch_row_goes_on(const struct brkwatch_row *earlier, const struct brkwatch_row *later)
{
	/* A module that is loaded again numbers spaces anew, but what only grows begins anew, too. */
	return earlier->pid == later->pid &&
	       (!earlier->space || earlier->space == later->space) &&
	       earlier->calls <= later->calls && earlier->refused <= later->refused &&
	       earlier->grown_bytes <= later->grown_bytes &&
	       earlier->shrunk_bytes <= later->shrunk_bytes;
}
