// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/signals.h"
#include "common/why-not.h"
#include "libbrkwatch/internal.h"
#include "malloc/live.h"
#include "malloc/probes.h"
#include "malloc/run.h"

#define TICK_MS		20

/* A program that begins may soon have ended. */
#define QUICK_MS	1

/* Longer than it takes from when an event is made until it is in its buffer. */
#define HOLD_MS		100

/* How often to look for processes that have ended although the event of their end was lost. */
#define LIVES_MS	2000

/* Its inode, PROC_PID_INIT_INO, is the same in all kernels. */
#define INITIAL_PID_NAMESPACE	0xeffffffcu

/* ---- the loop ---- */

static int give_out(struct run *run, uint64_t before_ns)
{
	const struct trace_event *event;
	int rc = trace_collect(run->trace);

	run_listen(run);
	if (trace_gaps(run->trace) != run->gaps)
		run_reread(run);
	while (!rc && (event = trace_next(run->trace, before_ns))) {
		run_reread_until(run, event->time);
		run_take(run, event);
	}
	/* Some may be held back yet. */
	event = trace_peek(run->trace);
	if (event && event->time <= before_ns)
		before_ns = event->time - 1;
	run_reread_until(run, before_ns);
	if (run->requests)
		requests_forget_until(run->requests, before_ns);
	return rc ?: outbuf_flush(run->timeline->printer.out);
}

static void look_at(void *owner, void *entry)
{
	struct run *run = owner;
	struct owner *process = entry;
	const uint64_t pid = process->entry.pid;
	const bool ours = run->launch && (uint64_t)run->launch->pid == pid;

	if (ours ? !launch_ended(run->launch) : !kill((pid_t)pid, 0) || errno != ESRCH) {
		process->silent = false;
	} else if (!process->silent) {
		process->silent = true;
	} else {
		timeline_end(run->timeline, pid, 0);
		pid_drop(&run->owners, process);
	}
}

/*
 * A command has had the terminal's signal itself, and is followed to its end. What it has left
 * behind may have none.
 */
static void take_signal(struct run *run)
{
	struct pollfd fd = { .fd = run->stop_fd, .events = POLLIN };
	int sig;

	if (poll(&fd, 1, 0) <= 0)
		return;
	sig = stop_take();
	if (!run->launch || launch_ended(run->launch))
		run->stopped = true;
	else if (sig == SIGTERM)
		kill(run->launch->pid, SIGTERM);
}

static int loop(struct run *run)
{
	const uint64_t begin_ms = clock_ms(), duration = run->live->duration_ms;
	uint64_t look_ms = begin_ms + LIVES_MS, now_ms = begin_ms;
	int rc = 0;

	while (!rc && !run->stopped && run->owners.n && (!duration || now_ms - begin_ms < duration)) {
		trace_wait(run->trace, now_ms < run->quick_until_ms ? QUICK_MS : TICK_MS);
		now_ms = clock_ms();
		rc = give_out(run, (now_ms - HOLD_MS) * 1000000);
		if (now_ms >= look_ms) {
			pid_visit(&run->owners, look_at, run);
			look_ms = now_ms + LIVES_MS;
		}
		take_signal(run);
	}
	/* What happened until now belongs to it. */
	trace_stop(run->trace);
	for (int i = 0; i < 2 && !rc; i++)
		rc = give_out(run, UINT64_MAX);
	return rc;
}

/* ---- begin and end ---- */

char *run_list_tasks(struct run *run, const pid_t *pids, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *file = needed(open_memstream(&text, &size));

	for (size_t i = 0; i < n; i++) {
		char path[64];
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/task", pids[i]);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			if (*entry->d_name == '.')
				continue;
			fprintf(file, "%s ", entry->d_name);
			run_add_task(run, strtoull(entry->d_name, NULL, 10), (uint64_t)pids[i]);
		}
		if (dir)
			closedir(dir);
	}
	return needed(fclose(file) ? NULL : text);
}

static bool open_trace(struct run *run, const pid_t *pids, size_t n)
{
	char *tids = run_list_tasks(run, pids, n);
	bool ok;

	run->others = (struct trace_others){
		.program = "malloc", .advice = "following calls needs root and tracefs. "
		"Without root, --regions shows what your own processes have mapped",
		.sweep = probes_remove, .events = run_events, .n = run_n_events, .pids = tids, .seen = run_seen,
		.owner = run,
	};
	run->trace = trace_open(TRACE_ALL_KINDS, 0, &run->others);
	free(tids);
	run->others.pids = NULL;
	/* Threads that began meanwhile. */
	tids = run->trace ? run_list_tasks(run, pids, n) : NULL;
	ok = tids && trace_add_pids(run->trace, tids);
	if (tids && !ok)
		warn_user("cannot choose the threads to trace: %s", strerror(errno));
	free(tids);
	return ok;
}

static bool add_processes(struct run *run, const pid_t *pids, size_t n)
{
	struct brkwatch_reader *reader = needed(brkwatch_reader_new());
	bool ok = true;

	for (size_t i = 0; i < n && ok; i++)
		ok = run_add_process(run, pids[i], reader);
	brkwatch_reader_free(reader);
	return ok;
}

static void add_command(struct run *run)
{
	const pid_t pid = run->launch->pid;
	const char *name = strrchr(*run->live->command, '/');

	timeline_start(run->timeline, (uint64_t)pid, 0, name ? name + 1 : *run->live->command);
	run_add_program(run, pid, 0);
}

static void forget(void *owner, void *entry)
{
	pid_drop(owner, entry);
}

static bool follow(struct run *run, const pid_t *pids, size_t n)
{
	/* A file of the module's: it stays. */
	int module = brkwatch_await_process(run->bw, getpid()), rc = -ECANCELED;
	uint64_t lost;

	run->stop_fd = stop_open(!run->launch);
	if (run->stop_fd < 0)
		rc = run->stop_fd;
	else if ((warn_of_probes(run->bw) || !run->launch) && open_trace(run, pids, n) &&
		 run_attach(run, pids, n) && (run->launch || add_processes(run, pids, n)))
		rc = 0;
	if (!rc && run->launch)
		add_command(run);
	if (run->launch) {
		if (rc)
			kill(run->launch->pid, SIGKILL);
		launch_release(run->launch);
	}
	rc = rc ?: loop(run);
	if (run->launch && !rc && !warn_of_probes(run->bw))
		rc = -ECANCELED;
	if (run->trace) {
		lost = trace_lost(run->trace);
		timeline_lost(run->timeline, lost, lost == run->lost && !run->unread);
		timeline_finish(run->timeline);
	}
	if (run->unheard)
		warn_user("%" PRIu64 " events of mappings%s were lost because the kernel's buffer was full; some files may have "
			  "no name", run->unheard, run->requests ? " and calls of malloc" : "");
	run_detach(run);
	/* Nothing is left to be swept. */
	if (run->trace)
		trace_close(run->trace);
	stop_close();
	if (rc && rc != -ECANCELED && rc != run->timeline->printer.out->error)
		complain_of_following("the processes", rc);
	run_forget_rereads(run);
	pid_visit(&run->tasks, forget, &run->tasks);
	pid_visit(&run->owners, forget, &run->owners);
	if (module >= 0)
		close(module);
	/* Of the output somebody else says that it could not be written. */
	return !rc || rc == run->timeline->printer.out->error;
}

static bool follow_command(struct run *run, enum exit_status *status)
{
	/* The calls of the loader come first. */
	int own = launch_start(&run->command, run->live->command, true);
	bool ok;

	if (own) {
		*status = (enum exit_status)own;
		return false;
	}
	run->launch = &run->command;
	ok = run->live->begin(run->live->owner);
	if (ok)
		ok = follow(run, &run->command.pid, 1);
	else
		kill(run->command.pid, SIGKILL);
	/* It goes on no longer than we want to follow it. */
	if (!launch_ended(run->launch))
		kill(run->command.pid, SIGTERM);
	own = launch_status(run->launch);
	if (ok)
		*status = (enum exit_status)own;
	return ok;
}

/* The kernel chooses threads by its own numbers. */
static bool may_choose(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == INITIAL_PID_NAMESPACE)
		return true;
	warn_user("processes can be followed only from the initial pid namespace, not from inside a container");
	return false;
}

bool live_run(const struct live *live, enum exit_status *status)
{
	struct run *run = needed(calloc(1, sizeof(*run)));
	bool ok;

	run->live = live;
	run->bw = live->bw;
	run->children = live->children;
	run->next = &run->rereads;
	run->timeline = live->timeline;
	if (!may_choose())
		ok = false;
	else if (live->command)
		ok = follow_command(run, status);
	else
		ok = live->begin(live->owner) && follow(run, live->selection->pids, live->selection->n);
	free(run);
	return ok;
}
