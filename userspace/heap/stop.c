// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "common/why-not.h"
#include "heap/stop.h"
#include "libbrkwatch/task.h"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool is_stopped(const struct stopped *stopped, pid_t tid)
{
	for (size_t i = 0; i < stopped->n; i++)
		if (stopped->threads[i].tid == tid)
			return true;
	return false;
}

/* Returns 1, 0 where it has ended meanwhile, or a negative errno. */
static int stop_thread(struct stopped *stopped, pid_t tid)
{
	int status;

	if (stopped->n == stopped->room) {
		size_t room = stopped->room ? 2 * stopped->room : 64;
		void *threads = realloc(stopped->threads, room * sizeof(*stopped->threads));

		if (!threads)
			return -ENOMEM;
		stopped->threads = threads;
		stopped->room = room;
	}
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL)) {
		int error = errno;

		/* The main thread stays until the last one ends, too. */
		return error == ESRCH || !task_has_memory("/proc", tid) ? 0 : -error;
	}
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) || waitpid(tid, &status, __WALL) != tid)
		return errno == ESRCH || errno == ECHILD ? 0 : -errno;
	if (!WIFSTOPPED(status))
		return 0;
	stopped->threads[stopped->n].tid = tid;
	stopped->threads[stopped->n++].signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
	return 1;
}

/*
 * New threads may have begun while the others were stopped. Returns how many there were, or the error of thread @last.
 */
static int stop_new(struct stopped *stopped, DIR *dir, pid_t *last)
{
	const struct dirent *entry;
	int found = 0;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
		int rc = tid > 0 && !is_stopped(stopped, tid) ? stop_thread(stopped, tid) : 0;

		*last = tid;
		if (rc < 0)
			return rc;
		found += rc;
	}
	return found;
}

bool stop_process(struct stopped *stopped, pid_t pid)
{
	char path[64];
	pid_t last = pid;
	DIR *dir;
	int rc;

	*stopped = (struct stopped){ .since_ns = now_ns() };
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir) {
		complain_of_stop(pid, errno == ENOENT ? -ESRCH : -errno);
		return false;
	}
	do
		rc = stop_new(stopped, dir, &last);
	while (rc > 0);
	closedir(dir);
	if (!rc && stopped->n)
		return true;
	/* A tracer may have only one of its threads; of the others we are it now. */
	complain_of_stop(rc ? last : pid, rc ?: -ESRCH);
	stop_end(stopped);
	return false;
}

uint64_t stop_end(struct stopped *stopped)
{
	for (size_t i = 0; i < stopped->n; i++)
		ptrace(PTRACE_DETACH, stopped->threads[i].tid, NULL, (long)stopped->threads[i].signal);
	free(stopped->threads);
	return now_ns() - stopped->since_ns;
}
