// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exited.h"

/* The columns wanted, in any order: a newer module may have more. */
enum { PID, NAME, PEAK, CALLS, GROWS, REFUSED, GROWN, SHRUNK, WANTED };

static const char *const names[WANTED] = {
	[PID] = "pid",
	[NAME] = "name",
	[PEAK] = "peak_bytes",
	[CALLS] = "calls",
	[GROWS] = "grows",
	[REFUSED] = "refused",
	[GROWN] = "grown_bytes",
	[SHRUNK] = "shrunk_bytes",
};

/* Column number of each; false where one is missing. */
static bool head_parse(char *line, int *columns)
{
	int found = 0, column = 0;

	for (char *word; (word = strsep(&line, "\t\n")); column++)
		for (int i = 0; i < WANTED; i++)
			if (!strcmp(word, names[i])) {
				columns[i] = column;
				found++;
			}
	return found == WANTED;
}

static bool row_parse(char *line, const int *columns, const char *values[WANTED])
{
	int found = 0, column = 0;

	for (char *word; (word = strsep(&line, "\t\n")); column++)
		for (int i = 0; i < WANTED; i++)
			if (columns[i] == column) {
				values[i] = word;
				found++;
			}
	return found == WANTED;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

bool exited_find(const struct options *opts, pid_t pid, struct totals *sum, char *name, size_t size)
{
	char *path, *line = NULL;
	const char *values[WANTED];
	int columns[WANTED];
	bool found = false;
	size_t room = 0;
	FILE *file;

	if (asprintf(&path, "%s/exited", opts->proc_dir) < 0)
		return false;
	file = fopen(path, "re");
	free(path);
	if (!file)
		return false;
	/* The newest come first. */
	if (getline(&line, &room, file) > 0 && head_parse(line, columns))
		while (!found && getline(&line, &room, file) > 0)
			found = row_parse(line, columns, values) && number(values[PID]) == (uint64_t)pid;
	if (found) {
		*sum = (struct totals){
			.spaces = 1,
			.calls = number(values[CALLS]),
			.grows = number(values[GROWS]),
			.refused = number(values[REFUSED]),
			.grown_bytes = number(values[GROWN]),
			.shrunk_bytes = number(values[SHRUNK]),
			.peak_bytes = number(values[PEAK]),
		};
		snprintf(name, size, "%s", values[NAME]);
	}
	free(line);
	fclose(file);
	return found;
}
