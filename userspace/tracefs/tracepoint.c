// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "tracefs/tracepoint.h"

#define EVENTS	"events/brkwatch/"

static const char *const names[TP_FIELDS] = {
	[TP_PID] = "pid", [TP_TID] = "tid", [TP_SPACE] = "space", [TP_SEQ] = "seq",
	[TP_PAGES] = "pages",
};

static FILE *open_file(const char *name)
{
	static const char *const dirs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[128];
	FILE *file;
	int error = ENOENT;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/" EVENTS "%s", dirs[i], name);
		file = fopen(path, "re");
		if (file)
			return file;
		if (errno != ENOENT)
			error = errno;
	}
	if (error == ENOENT)
		warn_user("/sys/kernel/tracing has no " EVENTS "%s: tracefs is not mounted "
			  "there (mount -t tracefs tracefs /sys/kernel/tracing), the kernel has no "
			  "tracepoints, or the module is too old", name);
	else
		warn_user("/sys/kernel/tracing/" EVENTS "%s: %s%s", name, strerror(error),
			  error == EACCES || error == EPERM ?
			  ": it needs root, or read permission for tracefs, and CAP_PERFMON" : "");
	return NULL;
}

/*	field:pid_t pid;	offset:24;	size:4;	signed:1; */
static void take_line(struct tracepoint *tp, const char *line)
{
	const char *end = strchr(line, ';'), *name;
	unsigned int offset, size;

	if (strncmp(line, "\tfield:", 7) != 0 || !end ||
	    sscanf(end, "; offset:%u; size:%u;", &offset, &size) != 2)
		return;
	for (name = end; name > line && name[-1] != ' '; name--)
		;
	for (int i = 0; i < TP_FIELDS; i++)
		if (strlen(names[i]) == (size_t)(end - name) &&
		    !strncmp(name, names[i], (size_t)(end - name))) {
			tp->fields[i].offset = offset;
			tp->fields[i].size = size;
			if (tp->size < offset + size)
				tp->size = offset + size;
		}
}

static bool read_id(uint64_t *id, const char *name)
{
	FILE *file = open_file(name);
	bool ok = file && fscanf(file, "%" SCNu64, id) == 1;

	if (file)
		fclose(file);
	return ok;
}

bool tracepoint_find(struct tracepoint *tp)
{
	char *line = NULL;
	size_t room = 0;
	bool ok = true;
	FILE *file;

	*tp = (struct tracepoint){ 0 };
	if (!read_id(&tp->id, "brk_grow/id") || !read_id(&tp->refused_id, "brk_refused/id"))
		return false;
	file = open_file("brk_grow/format");
	while (file && getline(&line, &room, file) > 0)
		take_line(tp, line);
	free(line);
	if (!file)
		return false;
	fclose(file);
	for (int i = 0; i < TP_FIELDS; i++)
		ok &= tp->fields[i].size == 4 || tp->fields[i].size == 8;
	if (!ok)
		warn_user("" EVENTS "brk_grow is not understood");
	return ok;
}

uint64_t tracepoint_value(const struct tracepoint *tp, enum tracepoint_field field,
			  const unsigned char *data)
{
	int32_t narrow;
	uint64_t wide;

	data += tp->fields[field].offset;
	if (tp->fields[field].size == sizeof(narrow)) {
		memcpy(&narrow, data, sizeof(narrow));
		return (uint64_t)(int64_t)narrow;
	}
	memcpy(&wide, data, sizeof(wide));
	return wide;
}
