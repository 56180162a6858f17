// SPDX-License-Identifier: GPL-2.0
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

enum task_kind task_kind(pid_t pid, pid_t *process)
{
	char text[4096], state;
	unsigned int flags;
	const char *p;

	if (kill(pid, 0) && errno != EPERM)
		return TASK_NONE;
	/* It may be hidden from us, but kill() has found it. */
	read_file(pid, "stat", text, sizeof(text));
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
	return state == 'Z' || state == 'X' ? TASK_ZOMBIE : TASK_LIVE;
}
