// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libbrkwatch/selfcheck.h"

/* The text of column @index in a tab-separated line, or "". */
static const char *column_at(const char *line, int index)
{
	while (index-- > 0) {
		line += strcspn(line, "\t\n");
		if (*line != '\t')
			return "";
		line++;
	}
	return line;
}

static int column_find(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0;; i++) {
		const char *column = column_at(head, i);

		if (!*column)
			return -1;
		if (!strncmp(column, name, len) && strchr("\t\n", column[len]))
			return i;
	}
}

/* Hits of the probes on brk(2); false where the file does not tell. */
static bool brk_hits(const struct options *opts, uint64_t *hits)
{
	char *path, *line = NULL;
	size_t size = 0;
	int column = -1;
	bool found = false;
	FILE *file;

	if (asprintf(&path, "%s/stats", opts->proc_dir) < 0)
		return false;
	file = fopen(path, "re");
	free(path);
	if (!file)
		return false;

	*hits = 0;
	while (getline(&line, &size, file) > 0) {
		if (!strncmp(line, "probe\t", 6)) {
			column = column_find(line, "hits");
		} else if (column >= 0 && !strncmp(line, "sys_brk", 7) &&
			   *column_at(line, column)) {
			*hits += strtoull(column_at(line, column), NULL, 10);
			found = true;
		}
	}
	free(line);
	fclose(file);
	return found;
}

bool selfcheck_probes(const struct options *opts)
{
	uint64_t before, after;

	if (opts->recorded || !brk_hits(opts, &before))
		return true;
	syscall(SYS_brk, 0);
	if (!brk_hits(opts, &after) || after > before)
		return true;
	warn_user("warning: brk calls are not being recorded: kprobes seem to be switched off "
		  "(look at sysctl kernel.ftrace_enabled and /sys/kernel/debug/kprobes/enabled)");
	return false;
}
