// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/follow.h"
#include "common/program.h"
#include "common/signals.h"
#include "common/why-not.h"

/* Say why one process is no longer followed, while the others are. */
static void take_failure(void *owner, pid_t pid, int error, const char *problem)
{
	struct following *f = owner;

	complain_of_process(f->bw, pid, error, problem);
	f->failed = true;
}

/*
 * A command gets the terminal's signals itself, and we follow it to its end. Processes that it has
 * left behind may never end.
 */
static void take_signal(void *owner)
{
	struct following *f = owner;
	int sig = stop_take();

	if (!f->launch || launch_ended(f->launch))
		f->stopped = true;
	else if (sig == SIGTERM)
		kill(f->launch->pid, SIGTERM);
}

/* Nobody reads our output any more; without events, no write would ever fail. */
static void take_end_of_output(void *owner)
{
	struct following *f = owner;

	f->out->error = -EPIPE;
	f->stopped = true;
}

static int set_up(struct following *f)
{
	const unsigned int flags = (f->children ? BRKWATCH_CHILDREN : 0) |
				   (f->launch ? BRKWATCH_FROM_START : 0);
	int rc, stop;

	/* Two descriptors each. */
	raise_file_limit();
	rc = brkwatch_follower_new(&f->follower, f->bw, &f->listener.sink, f->listener.owner, flags);
	if (rc)
		return rc;
	brkwatch_follower_on_failure(f->follower, take_failure, f);
	if (!brkwatch_is_live(f->bw))
		return 0;
	/* The first signal ends the command; the next one ends following what it leaves behind. */
	stop = stop_open(!f->launch);
	rc = stop < 0 ? stop : brkwatch_follower_watch(f->follower, stop, EPOLLIN, take_signal, f);
	if (rc)
		return rc;
	/* epoll does not support regular files and returns EPERM. */
	brkwatch_follower_watch(f->follower, f->out->fd, 0, take_end_of_output, f);
	return warn_of_probes(f->bw) || !f->launch ? 0 : -ECANCELED;
}

static int add_processes(struct following *f, const pid_t *pids, size_t n)
{
	int rc = f->prepare ? f->prepare(f->listener.owner, f->follower, pids, n) : 0;

	for (size_t i = 0; i < n && !rc; i++) {
		rc = brkwatch_follower_add(f->follower, pids[i]);
		if (rc == -ESRCH) {
			take_failure(f, pids[i], rc, NULL);
			rc = 0;
		}
	}
	return rc;
}

static int time_left(uint64_t end_ms)
{
	uint64_t now_ms = end_ms ? clock_ms() : 0;

	if (!end_ms)
		return -1;
	return now_ms >= end_ms ? 0 : end_ms - now_ms < INT_MAX ? (int)(end_ms - now_ms) : INT_MAX;
}

static int loop(struct following *f)
{
	const uint64_t end_ms = f->duration_ms ? clock_ms() + f->duration_ms : 0;
	int rc = brkwatch_follower_step(f->follower, 0);

	if (f->launch) {
		if (f->failed)
			rc = -ECANCELED;
		if (rc < 0)
			kill(f->launch->pid, SIGKILL);
		launch_release(f->launch);
	}
	while (rc > 0 && !f->stopped) {
		rc = outbuf_flush(f->out) ?: brkwatch_follower_step(f->follower, time_left(end_ms));
		f->stopped |= end_ms && !time_left(end_ms);
	}
	return rc;
}

enum exit_status follow_pids(struct following *f, const pid_t *pids, size_t n)
{
	int rc = set_up(f) ?: add_processes(f, pids, n), error = 0;

	/* A command that cannot be followed as asked is not started. */
	if (rc && f->launch)
		kill(f->launch->pid, SIGKILL);
	rc = rc ?: loop(f);
	if (f->launch) {
		launch_release(f->launch);
		if (rc >= 0)
			f->failed |= !warn_of_probes(f->bw);
		/* It runs no longer than we want to follow it. */
		if (f->stopped || (f->follower && brkwatch_follower_has_enough(f->follower)))
			kill(f->launch->pid, SIGTERM);
	}
	if (f->follower)
		error = brkwatch_follower_finish(f->follower);
	if (error)
		rc = error;
	if (rc < 0 && rc != f->out->error) {
		if (rc != -ECANCELED)
			complain_of_following("the processes", rc);
		f->failed = true;
	}
	brkwatch_follower_free(f->follower);
	f->follower = NULL;
	stop_close();
	return !f->failed ? STATUS_OK : f->launch ? STATUS_COMMAND_FAILED : STATUS_FAILED;
}

enum exit_status follow_command(struct following *f, char *const *command,
				bool (*begin)(void *owner))
{
	enum exit_status status = STATUS_COMMAND_FAILED;
	int command_status;

	if (!brkwatch_is_live(f->bw)) {
		warn_user("%s (from BRKWATCH_PROC) has saved files: a command cannot be followed there; unset BRKWATCH_PROC",
			  brkwatch_directory(f->bw));
		return STATUS_COMMAND_FAILED;
	}
	/* What is prepared, as stacks, is for the first call as well. */
	command_status = launch_start(&f->command, command, f->prepare != NULL);
	if (command_status)
		return (enum exit_status)command_status;
	f->launch = &f->command;
	if (!begin || begin(f->listener.owner))
		status = follow_pids(f, &f->command.pid, 1);
	else
		kill(f->command.pid, SIGKILL);
	command_status = launch_status(&f->command);
	return status == STATUS_OK ? (enum exit_status)command_status : status;
}
