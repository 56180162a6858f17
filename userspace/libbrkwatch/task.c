// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libbrkwatch/task.h"

#define PF_KTHREAD 0x00200000	/* as in the kernel's sched.h */

static size_t read_file(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (file) {
		n = fread(text, 1, size - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	return n;
}

static bool exists(pid_t pid)
{
	return !kill(pid, 0) || errno == EPERM;
}

bool task_has_memory(const char *proc, pid_t tid)
{
	unsigned long pages = 0;
	char *path;
	FILE *file;

	if (asprintf(&path, "%s/%d/statm", proc, tid) < 0)
		return false;
	file = fopen(path, "re");
	free(path);
	if (!file)
		return false;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages;
}

pid_t task_with_memory(const char *proc, pid_t pid)
{
	const struct dirent *entry;
	pid_t found = pid;
	char *path;
	DIR *dir;

	if (task_has_memory(proc, pid) || asprintf(&path, "%s/%d/task", proc, pid) < 0)
		return pid;
	dir = opendir(path);
	free(path);
	if (!dir)
		return pid;
	while (found == pid && (entry = readdir(dir))) {
		const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid > 0 && task_has_memory(proc, tid))
			found = tid;
	}
	closedir(dir);
	return found;
}

FILE *task_open(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", task_with_memory("/proc", pid), name);
	return fopen(path, "re");
}

enum task_kind task_kind(pid_t pid, pid_t *process)
{
	char text[4096], state;
	unsigned int flags;
	const char *p;

	if (!exists(pid))
		return TASK_NONE;
	/* Everybody may read that, unless hidepid is set. */
	if (!read_file(pid, "stat", text, sizeof(text)) && errno == ENOENT)
		return exists(pid) ? TASK_HIDDEN : TASK_NONE;
	p = strrchr(text, ')');
	if (!p || sscanf(p, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return TASK_LIVE;
	if (flags & PF_KTHREAD)
		return TASK_KTHREAD;
	read_file(pid, "status", text, sizeof(text));
	p = strstr(text, "\nTgid:");
	if (p && strtol(p + strlen("\nTgid:"), NULL, 10) != pid) {
		if (process)
			*process = (pid_t)strtol(p + strlen("\nTgid:"), NULL, 10);
		return TASK_THREAD;
	}
	/* The main thread exits alone as well. */
	return (state == 'Z' || state == 'X') && task_with_memory("/proc", pid) == pid ? TASK_ZOMBIE : TASK_LIVE;
}
