// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "libbrkwatch/internal.h"

#define COLUMN(name, kind) { #name, kind, offsetof(struct brkwatch_row, name), 0 }
#define TEXT(name) \
	{ #name, VALUE_TEXT, offsetof(struct brkwatch_row, name), sizeof(((struct brkwatch_row *)0)->name) }

/* They may be in any place, for a newer module may have more. */
static const struct {
	const char *name;
	enum value_kind kind;
	size_t offset;
	size_t size;		/* of a text */
} columns[] = {
	COLUMN(pid, VALUE_UNSIGNED), TEXT(name),
	COLUMN(start_brk, VALUE_ADDRESS), COLUMN(brk, VALUE_ADDRESS),
	COLUMN(heap_bytes, VALUE_UNSIGNED), COLUMN(peak_bytes, VALUE_UNSIGNED),
	COLUMN(calls, VALUE_UNSIGNED), COLUMN(grows, VALUE_UNSIGNED),
	COLUMN(shrinks, VALUE_UNSIGNED), COLUMN(refused, VALUE_UNSIGNED),
	COLUMN(grown_bytes, VALUE_UNSIGNED), COLUMN(shrunk_bytes, VALUE_UNSIGNED),
	COLUMN(last_event_ns, VALUE_UNSIGNED), COLUMN(space, VALUE_UNSIGNED),
	COLUMN(exit_ns, VALUE_UNSIGNED), TEXT(last_event), TEXT(last_request), TEXT(last_reason),
	TEXT(last_limit), TEXT(last_needed), COLUMN(spaces_before, VALUE_UNSIGNED),
	COLUMN(forks, VALUE_UNSIGNED),
};

enum { PID, COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* An older module may be without the number of the space, and all has nothing of an exit. */
#define NEEDED	((size_t)13)

struct brkwatch_table {
	struct text text;	/* a thousand rows are 150 KiB */
	char *rest;
	size_t found;		/* of the columns */
	int places[COLUMNS];
	struct brkwatch_row row;
};

static int find_columns(struct brkwatch_table *table)
{
	char *line = strsep(&table->rest, "\n"), *word;

	for (size_t i = 0; i < COLUMNS; i++)
		table->places[i] = -1;
	for (int place = 0; (word = strsep(&line, "\t")); place++)
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
	int rc = table ? brkwatch_read_file(bw, file, &table->text) : -ENOMEM;

	if (!rc) {
		table->rest = table->text.start;
		rc = find_columns(table);
	}
	if (rc)
		brkwatch_table_close(table);
	else
		*place = table;
	return rc;
}

void brkwatch_table_close(struct brkwatch_table *table)
{
	if (table)
		free(table->text.start);
	free(table);
}

static bool take_value(struct brkwatch_row *row, size_t i, const char *text)
{
	void *member = (char *)row + columns[i].offset;
	uint64_t value;

	if (columns[i].size)
		return snprintf(member, columns[i].size, "%s", text) >= 0;
	if (!value_parse(columns[i].kind, text, &value) || (i == PID && value > INT_MAX))
		return false;
	if (i == PID)
		row->pid = (pid_t)value;
	else
		*(uint64_t *)member = value;
	return true;
}

int brkwatch_table_next(struct brkwatch_table *table, const struct brkwatch_row **row)
{
	char *line = strsep(&table->rest, "\n"), *word;
	size_t found = 0;

	/* Behind the last line is nothing. */
	if (!line || (!*line && !table->rest))
		return 0;
	for (int place = 0; (word = strsep(&line, "\t")); place++)
		for (size_t i = 0; i < COLUMNS; i++)
			if (table->places[i] == place)
				found += take_value(&table->row, i, word);
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
