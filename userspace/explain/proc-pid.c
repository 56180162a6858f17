// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/proc-pid.h"
#include "libbrkwatch/open.h"

FILE *live_open(const struct options *opts, const char *fmt, ...)
{
	char name[64], *path;
	FILE *file;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (asprintf(&path, "%s/../%s", opts->proc_dir, name) < 0)
		return NULL;
	file = fopen(path, "re");
	free(path);
	return file;
}

static bool scan_numbers(const char *p, uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *end;

		p += strspn(p, " \t:");
		if (!strncmp(p, "unlimited", strlen("unlimited"))) {
			values[i] = VALUE_NONE;
			p += strlen("unlimited");
			continue;
		}
		values[i] = strtoull(p, &end, 10);
		if (end == p)
			return false;
		p = end;
	}
	return true;
}

bool live_numbers(FILE *file, const char *key, uint64_t *values, size_t n)
{
	size_t len = strlen(key), room = 0;
	bool found = false;
	char *line = NULL;

	if (!file)
		return false;
	while (!found && getline(&line, &room, file) > 0)
		found = !strncmp(line, key, len) && scan_numbers(line + len, values, n);
	free(line);
	fclose(file);
	return found;
}

bool live_stat(FILE *file, unsigned int first, uint64_t *values, size_t n)
{
	char text[2048];
	const char *p;

	if (!file)
		return false;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	/* The name, field 2, may have anything in it. */
	p = strrchr(text, ')');
	for (unsigned int field = 2; p && field < first; field++)
		p = strchr(p + 1, ' ');
	return p && scan_numbers(p, values, n);
}

bool live_is_same(const struct options *opts, pid_t pid, const struct snapshot *snap)
{
	struct text_buffer buffer = { 0 };
	struct snapshot now;
	bool same = false;
	int fd;

	if (opts->recorded || opts->input || snap->exited)
		return false;
	fd = procfile_try_open(opts, pid);
	if (fd < 0)
		return false;
	snapshot_init(&now, &buffer);
	if (!snapshot_read(&now, fd))
		same = now.space == snap->space && now.since == snap->since && !now.exited;
	close(fd);
	free(buffer.data);
	return same;
}
