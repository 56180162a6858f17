// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "libbrkwatch/event.h"
#include "libbrkwatch/follow.h"
#include "libbrkwatch/open.h"
#include "events/printer.h"
#include "libbrkwatch/selfcheck.h"
#include "stacks/account.h"
#include "common/signals.h"
#include "libbrkwatch/follow-process.h"

/* What an epoll event is of: one of these, or a target's number and whether its pidfd. */
#define SOURCE_STOP	UINT64_MAX
#define SOURCE_OUTPUT	(UINT64_MAX - 1)
#define SOURCE_STACKS	(UINT64_MAX - 2)
#define SOURCE_FILE(i)	((uint64_t)(i) * 2)
#define SOURCE_PIDFD(i)	((uint64_t)(i) * 2 + 1)

#define EVENTS_AT_A_TIME 64

struct follower {
	const struct options *opts;
	struct outbuf *out;
	struct report report;
	struct target_ops ops;
	struct text_buffer buffer;
	/*
	 * An ended one stays until sweep(), which leaves NULL: events that epoll has
	 * given already name its place, and must not be taken for another's.
	 */
	struct target **targets;
	size_t n, room, live;
	int epoll;
	uint64_t now_ms;
	uint64_t end_ms;		/* of --duration; 0: none */
	bool stop;			/* by time or a signal */
	enum exit_status status;
	const struct launch *launch;
};

static uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int watch(const struct follower *f, int fd, uint32_t events, uint64_t source)
{
	struct epoll_event event = { .events = events, .data.u64 = source };

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* ---- targets ---- */

static size_t index_of(const struct follower *f, const struct target *target)
{
	size_t i = 0;

	while (f->targets[i] != target)
		i++;
	return i;
}

static int watch_file(void *owner, struct target *target)
{
	const struct follower *f = owner;

	if (f->opts->recorded)
		return 0;
	return watch(f, target->fd, EPOLLIN | EPOLLPRI, SOURCE_FILE(index_of(f, target)));
}

static void unwatch_file(void *owner, struct target *target)
{
	const struct follower *f = owner;

	epoll_ctl(f->epoll, EPOLL_CTL_DEL, target->fd, NULL);
}

static bool is_shared(void *owner, const struct target *target)
{
	const struct follower *f = owner;

	/* Saved files may be of several machines. */
	for (size_t i = 0; i < f->n && !f->opts->recorded; i++) {
		const struct target *other = f->targets[i];

		if (other && other != target && other->state == TARGET_OPEN &&
		    other->snap.space == target->snap.space &&
		    other->snap.since == target->snap.since)
			return true;
	}
	return false;
}

static int add_target(struct follower *f, pid_t pid, pid_t parent)
{
	struct target *target;
	size_t i;
	int rc;

	for (i = 0; i < f->n; i++)
		if (f->targets[i] && f->targets[i]->pid == pid &&
		    f->targets[i]->state != TARGET_ENDED)
			return 0;
	/* What has ended leaves its place. */
	for (i = 0; i < f->n && f->targets[i]; i++)
		;
	if (i == f->room) {
		size_t room = f->room ? f->room * 2 : 16;
		struct target **targets = reallocarray(f->targets, room, sizeof(struct target *));

		if (!targets)
			return -ENOMEM;
		f->targets = targets;
		f->room = room;
	}
	target = malloc(sizeof(*target));
	if (!target)
		return -ENOMEM;
	rc = target_init(target, f->opts, &f->buffer, pid, parent);
	if (!rc && target->pidfd >= 0)
		rc = watch(f, target->pidfd, EPOLLIN, SOURCE_PIDFD(i));
	if (rc) {
		target_end(target);
		free(target);
		return rc;
	}
	target->due_ms = f->now_ms;
	f->targets[i] = target;
	f->n = i == f->n ? i + 1 : f->n;
	f->live++;
	return 0;
}

static void drop_target(struct follower *f, struct target *target, bool ended)
{
	bool known;

	target_end(target);
	known = target->totals.spaces;
	if (!known && target->parent && ended)
		report_missed(&f->report, target->pid, target->parent);
	if (known && (!target->snap.space || target->totals.dropped || target->totals.lost))
		report_unseen(&f->report, &target->totals);
	if (known)
		report_done(&f->report, &target->snap, &target->totals, ended);
	f->live--;
}

static void drop_all(struct follower *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct target *target = f->targets[i];

		if (target && target->state != TARGET_ENDED)
			drop_target(f, target, f->opts->recorded && target->snap.exited);
	}
}

static void sweep(struct follower *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->targets[i] && f->targets[i]->state == TARGET_ENDED) {
			free(f->targets[i]);
			f->targets[i] = NULL;
		}
	}
}

/* Why one is followed no longer, while the others are. */
static int give_up(struct follower *f, struct target *target, int error)
{
	if (error == f->out->error || error == -ENOMEM)
		return error;
	/* A child that nobody has asked for by name may have ended. */
	if (!target->parent || (error != -ENOENT && error != -ESRCH)) {
		procfile_complain(f->opts, target->pid, error, &target->snap);
		f->status = STATUS_FAILED;
	}
	drop_target(f, target, false);
	return 0;
}

static int step(struct follower *f, struct target *target, bool readable, bool hung_up)
{
	int rc = target_step(target, &f->ops, f->now_ms, readable, hung_up);

	if (rc < 0)
		return give_up(f, target, rc);
	else if (target->state == TARGET_ENDED)
		drop_target(f, target, true);
	return 0;
}

/* ---- events ---- */

static int follow_fork(struct follower *f, const struct target *parent, struct event *ev)
{
	pid_t pid = (pid_t)event_unsigned(ev, EV_REQUEST);
	int rc;

	/* What was there before may have ended, and its number be another's. */
	if (parent->first && !parent->parent && !f->launch)
		return 0;
	rc = add_target(f, pid, parent->pid);
	if (!rc || rc == -ENOMEM)
		return rc;
	/* Its parent is followed on. */
	procfile_complain(f->opts, pid, rc, NULL);
	f->status = STATUS_FAILED;
	return 0;
}

static int take_event(void *owner, struct target *target, struct event *ev)
{
	struct follower *f = owner;
	int rc;

	/* What is known of a process before it is followed has no stacks. */
	if (f->report.stacks && target->first && !target->parent && !target->totals.spaces && !f->launch)
		stacks_base(f->report.stacks, &target->snap);
	rc = report_event(&f->report, &target->totals, &target->snap, ev);
	if (!rc && f->opts->forks && !f->opts->recorded && event_field_is(ev, EV_EVENT, "fork"))
		rc = follow_fork(f, target, ev);
	return rc ?: f->report.enough;
}

/* ---- the loop ---- */

/*
 * A command has had the terminal's signal itself, and is followed to its end. What it has left
 * behind may have none.
 */
static void take_signal(struct follower *f)
{
	int sig = stop_take();

	if (!f->launch || launch_ended(f->launch))
		f->stop = true;
	else if (sig == SIGTERM)
		kill(f->launch->pid, SIGTERM);
}

/* -EPIPE: nobody reads our output any more, and without events no write would ever tell. */
static int handle(struct follower *f, const struct epoll_event *event)
{
	struct target *target;

	if (event->data.u64 == SOURCE_OUTPUT)
		return f->out->error = -EPIPE;
	if (event->data.u64 == SOURCE_STACKS) {
		stacks_drain(f->report.stacks);
		return 0;
	}
	if (event->data.u64 == SOURCE_STOP) {
		take_signal(f);
		return 0;
	}
	target = f->targets[event->data.u64 / 2];
	if (target->state == TARGET_ENDED)
		return 0;
	if (event->data.u64 == SOURCE_PIDFD(event->data.u64 / 2)) {
		target->process_ended = true;
		epoll_ctl(f->epoll, EPOLL_CTL_DEL, target->pidfd, NULL);
		return step(f, target, false, false);
	}
	return step(f, target, event->events & (EPOLLIN | EPOLLPRI),
		    event->events & (EPOLLHUP | EPOLLERR));
}

/* Steps those whose time has come. */
static int look_after(struct follower *f)
{
	int rc = 0;

	for (size_t i = 0; i < f->n && !rc && !f->report.enough; i++) {
		struct target *target = f->targets[i];

		if (target && target->due_ms && target->due_ms <= f->now_ms)
			rc = step(f, target, false, false);
	}
	if (f->end_ms && f->now_ms >= f->end_ms)
		f->stop = true;
	return rc;
}

/* For epoll_wait(). */
static int time_to_wait(const struct follower *f)
{
	uint64_t next = f->end_ms;

	for (size_t i = 0; i < f->n; i++) {
		const struct target *target = f->targets[i];

		if (target && target->due_ms && (!next || target->due_ms < next))
			next = target->due_ms;
	}
	if (!next)
		return -1;
	if (next <= f->now_ms)
		return 0;
	return next - f->now_ms < INT_MAX ? (int)(next - f->now_ms) : INT_MAX;
}

static int loop(struct follower *f)
{
	struct epoll_event events[EVENTS_AT_A_TIME];
	int rc = 0;

	while (f->live && !f->report.enough && !f->stop) {
		int n;

		rc = outbuf_flush(f->out);
		if (rc)
			return rc;
		n = epoll_wait(f->epoll, events, EVENTS_AT_A_TIME, time_to_wait(f));
		if (n < 0 && errno != EINTR)
			return -errno;
		f->now_ms = clock_ms();
		for (int i = 0; i < n && !rc && !f->report.enough; i++)
			rc = handle(f, &events[i]);
		sweep(f);
		rc = rc ?: look_after(f);
		if (rc)
			return rc;
	}
	/* What happened until now belongs to it. */
	for (size_t i = 0; i < f->n && f->stop && !f->report.enough && !rc; i++)
		if (f->targets[i] && f->targets[i]->state == TARGET_OPEN)
			rc = step(f, f->targets[i], true, false);
	return rc;
}

static int setup(struct follower *f)
{
	struct rlimit files;
	int rc, stop;

	if (f->opts->recorded)
		return 0;
	/* Two descriptors each. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (f->epoll < 0)
		return -errno;
	/* One is a command's end, and what it leaves behind is followed until the next. */
	stop = stop_open(!f->launch);
	rc = stop < 0 ? stop : watch(f, stop, EPOLLIN, SOURCE_STOP);
	if (rc)
		return rc;
	/* Of a file there is no such news, and epoll says EPERM. */
	watch(f, f->out->fd, 0, SOURCE_OUTPUT);
	return selfcheck_probes(f->opts) || !f->launch ? 0 : -ECANCELED;
}

/* Before the processes are looked at: what they do from then on has its stack. */
static int setup_stacks(struct follower *f, const pid_t *pids, size_t n)
{
	struct stacks *stacks;
	bool ok;

	if (f->opts->recorded) {
		warn_user("--stacks needs a process, a recording has no stacks");
		return -ECANCELED;
	}
	stacks = stacks_new(f->opts);
	ok = stacks && !watch(f, stacks_fd(stacks), EPOLLIN, SOURCE_STACKS);
	for (size_t i = 0; i < n && ok; i++)
		ok = !stacks_attach(stacks, pids[i]);
	if (ok)
		f->report.stacks = stacks;
	else
		stacks_free(stacks);
	return ok ? 0 : -ECANCELED;
}

static void finish_stacks(struct follower *f)
{
	if (f->report.stacks && !stacks_finish(f->report.stacks, f->out))
		f->status = STATUS_FAILED;
	stacks_free(f->report.stacks);
	f->report.stacks = NULL;
}

static void finish(struct follower *f)
{
	drop_all(f);
	sweep(f);
	/* Drawing does not look for signals. */
	stop_close();
	if (report_finish(&f->report))
		f->status = STATUS_FAILED;
	finish_stacks(f);
	free(f->targets);
	free(f->buffer.data);
	if (f->epoll >= 0)
		close(f->epoll);
}

enum exit_status follow_processes(struct outbuf *out, const struct options *opts,
				  const pid_t *pids, size_t n, struct launch *launch)
{
	struct follower f = {
		.opts = opts, .out = out, .epoll = -1, .launch = launch, .now_ms = clock_ms(),
		.ops = {
			.event = take_event, .watch = watch_file, .unwatch = unwatch_file, .shared = is_shared,
			.opts = opts,
		},
	};
	int rc;

	f.ops.owner = &f;
	f.ops.report = &f.report;
	f.end_ms = opts->duration_ms ? f.now_ms + opts->duration_ms : 0;
	rc = report_init(&f.report, out, opts) ?: setup(&f);
	if (!rc && opts->stacks)
		rc = setup_stacks(&f, pids, n);
	for (size_t i = 0; i < n && !rc; i++) {
		rc = add_target(&f, pids[i], 0);
		if (rc == -ESRCH) {
			procfile_complain(opts, pids[i], rc, NULL);
			f.status = STATUS_FAILED;
			rc = 0;
		}
	}
	rc = rc ?: look_after(&f);
	/* What cannot be followed as asked does not begin, if it is a command. */
	if (launch && (rc || f.status)) {
		kill(launch->pid, SIGKILL);
		rc = rc ?: -ECANCELED;
	}
	if (launch)
		launch_release(launch);
	/* Saved files have no news. */
	if (!rc && !opts->recorded)
		rc = loop(&f);
	if (rc && rc != out->error && rc != -ECANCELED)
		warn_user("%s", strerror(-rc));
	if (rc || (launch && !selfcheck_probes(opts)))
		f.status = STATUS_FAILED;
	/* The command goes on no longer than it is followed. */
	if (launch && (f.stop || f.report.enough))
		kill(launch->pid, SIGTERM);
	finish(&f);
	if (f.report.until_met)
		return STATUS_UNTIL;
	if (launch && f.report.unseen) {
		warn_user("--until: not all events were seen, it may have become true");
		return STATUS_FAILED;
	}
	return f.status;
}
