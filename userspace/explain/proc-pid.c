// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/complain.h"
#include "explain/proc-pid.h"
#include "libbrkwatch/task.h"

static char *path_of(const struct explain_how *how, const char *name)
{
	char *path;
	int len = asprintf(&path, "%s/../%s", brkwatch_directory(how->bw), name);

	return needed(len < 0 ? NULL : path);
}

pid_t live_task(const struct explain_how *how, const struct brkwatch_snapshot *snap)
{
	pid_t task;
	char *proc;

	if (!can_be_asked(how, snap))
		return 0;
	proc = path_of(how, "");
	task = task_with_memory(proc, (pid_t)snap->pid);
	free(proc);
	return task;
}

bool live_link(const struct explain_how *how, const char *name, char *text, size_t size)
{
	char *path = path_of(how, name);
	ssize_t len = readlink(path, text, size - 1);

	free(path);
	text[len > 0 ? len : 0] = '\0';
	return len > 0;
}

FILE *live_open(const struct explain_how *how, const char *fmt, ...)
{
	char name[64], *path;
	FILE *file;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	path = path_of(how, name);
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
			values[i] = BRKWATCH_NONE;
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

bool live_is_admin(FILE *status, FILE *uid_map)
{
	unsigned long long caps = 0;
	char line[256];
	uint64_t map[3];

	while (status && fgets(line, sizeof(line), status) && sscanf(line, "CapEff: %llx", &caps) != 1)
		;
	if (status)
		fclose(status);
	return live_numbers(uid_map, "", map, 3) && map[2] == UINT32_MAX && caps & 1ull << CAP_SYS_ADMIN;
}

bool sysctl_read(const struct explain_how *how, const char *name, uint64_t *value)
{
	return how->bw && brkwatch_is_live(how->bw) &&
	       live_numbers(live_open(how, "sys/vm/%s", name), "", value, 1);
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

bool live_is_same(const struct explain_how *how, const struct brkwatch_snapshot *snap)
{
	struct brkwatch_reader *reader;
	const struct brkwatch_snapshot *now;
	bool same = false;

	if (!can_be_asked(how, snap))
		return false;
	reader = needed(brkwatch_reader_new());
	if (!brkwatch_read(reader, how->bw, (pid_t)snap->pid, &now))
		/* Who has not seen the file has the time of the first event; after a reload it is a later one. */
		same = now->space == snap->space && now->since <= snap->since && !now->exited;
	brkwatch_reader_free(reader);
	return same;
}

bool can_be_asked(const struct explain_how *how, const struct brkwatch_snapshot *snap)
{
	return how->bw && brkwatch_is_live(how->bw) && !snap->exited && snap->pid;
}
