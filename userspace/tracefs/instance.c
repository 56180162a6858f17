// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <tracefs.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/signals.h"
#include "tracefs/instance.h"

#define PREFIX "brkwatch-"

/* It is busy for a moment after the last descriptor in it was closed. */
#define REMOVE_TRIES 50
#define REMOVE_PAUSE_US 100000

static void complain(const char *what, int error, const char *advice)
{
	bool advise = error == EACCES || error == EPERM || error == ENOENT;

	warn_user("cannot use %s: %s%s%s", what, strerror(error), advise ? "; " : "", advise ? advice : "");
}

static void remove_directory(const char *path)
{
	for (int i = 0; i < REMOVE_TRIES && rmdir(path) && errno == EBUSY; i++)
		usleep(REMOVE_PAUSE_US);
}

/*
 * Waits until the one who holds the other end of the pipe is no more. It has a session of its
 * own, for a signal to a whole group of processes is not meant for it; and another name, for
 * pkill. It holds nothing open that somebody could wait for the end of.
 */
static void __attribute__((noreturn)) clean_up(int fd, const char *path, bool (*sweep)(pid_t pid), pid_t program)
{
	char c;

	setsid();
	signals_ignore();
	prctl(PR_SET_NAME, "brkwatch-broom");
	dup2(fd, 0);
	close_range(1, ~0u, 0);
	if (chdir("/"))
		_exit(1);
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
	remove_directory(path);
	for (int i = 0; sweep && i < REMOVE_TRIES && !sweep(program); i++)
		usleep(REMOVE_PAUSE_US);
	_exit(0);
}

static bool start_broom(struct instance *instance, const char *path, bool (*sweep)(pid_t pid))
{
	const pid_t program = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	instance->broom = fork();
	if (!instance->broom)
		clean_up(ends[0], path, sweep, program);
	close(ends[0]);
	if (instance->broom < 0) {
		close(ends[1]);
		return false;
	}
	instance->leash = ends[1];
	return true;
}

static void stop_broom(struct instance *instance)
{
	close(instance->leash);
	while (waitpid(instance->broom, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Those of programs that are no more, should their brooms have been killed, too. */
static void remove_stale(const char *directory)
{
	char **names = tracefs_instances("^" PREFIX "[a-z]*-[0-9]"), *path;

	for (size_t i = 0; names && names[i]; i++) {
		pid_t pid = (pid_t)strtol(strrchr(names[i], '-') + 1, NULL, 10);

		if (pid != getpid() && (!kill(pid, 0) || errno != ESRCH))
			continue;
		if (asprintf(&path, "%s/instances/%s", directory, names[i]) < 0)
			break;
		if (rmdir(path))
			warn_user("cannot remove %s, which an earlier run has left: %s; remove it with rmdir", path,
				  strerror(errno));
		free(path);
	}
	tracefs_list_free(names);
}

bool instance_open(struct instance *instance, const char *program, const char *advice, bool (*sweep)(pid_t pid))
{
	const char *directory = tracefs_tracing_dir();
	char name[64], *path;
	bool ok;

	*instance = (struct instance){ .leash = -1 };
	/* Where it has to mount it first, the library says nothing of why it cannot. */
	if (!directory || access(directory, R_OK | X_OK)) {
		complain(directory ? directory : "/sys/kernel/tracing", errno ? errno : ENOENT, advice);
		return false;
	}
	remove_stale(directory);
	snprintf(name, sizeof(name), PREFIX "%s-%d", program, getpid());
	if (asprintf(&path, "%s/instances/%s", directory, name) < 0)
		return false;
	ok = start_broom(instance, path, sweep);
	if (!ok) {
		warn_user("cannot start another process: %s", strerror(errno));
	} else {
		instance->tracefs = tracefs_instance_create(name);
		ok = instance->tracefs;
		if (!ok) {
			complain(path, errno, advice);
			stop_broom(instance);
		}
	}
	free(path);
	return ok;
}

void instance_close(struct instance *instance)
{
	if (!instance->tracefs)
		return;
	tracefs_instance_destroy(instance->tracefs);
	tracefs_instance_free(instance->tracefs);
	instance->tracefs = NULL;
	stop_broom(instance);
}
