// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "libbrkwatch/array.h"
#include "libbrkwatch/target.h"

/* What an epoll event is of: the number of a target or of a watch, and which descriptor of it. */
enum { OF_FILE, OF_PIDFD, OF_OTHER, KINDS };

#define EVENTS_AT_A_TIME 64

static void ignore_failure(void *owner, pid_t pid, int error, const char *problem)
{
	(void)owner;
	(void)pid;
	(void)error;
	(void)problem;
}

static int watch_fd(const struct brkwatch_follower *f, int fd, uint32_t events, size_t i, int kind)
{
	struct epoll_event event = { .events = events, .data.u64 = i * KINDS + (unsigned int)kind };

	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* ---- targets ---- */

int follower_watch_file(const struct brkwatch_follower *f, struct target *target)
{
	size_t i = 0;

	if (!f->bw->live)
		return 0;
	while (f->targets[i] != target)
		i++;
	return watch_fd(f, target->fd, EPOLLIN | EPOLLPRI, i, OF_FILE);
}

bool follower_is_shared(const struct brkwatch_follower *f, const struct target *target)
{
	/* Saved files may be of several machines. */
	for (size_t i = 0; i < f->n && f->bw->live; i++) {
		const struct target *other = f->targets[i];

		if (other && other != target && other->state == TARGET_OPEN &&
		    other->process.snap.space == target->process.snap.space &&
		    other->process.snap.since == target->process.snap.since)
			return true;
	}
	return false;
}

static int add_target(struct brkwatch_follower *f, pid_t pid, pid_t parent)
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
	if (!array_room(f->targets, i, &f->room))
		return -ENOMEM;
	target = malloc(sizeof(*target));
	if (!target)
		return -ENOMEM;
	rc = target_init(target, f->bw, pid, parent);
	if (!rc && target->pidfd >= 0)
		rc = watch_fd(f, target->pidfd, EPOLLIN, i, OF_PIDFD);
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

static void drop_target(struct brkwatch_follower *f, struct target *target, bool ended)
{
	struct brkwatch_process *process = &target->process;

	target_end(target);
	if (process->totals.spaces)
		f->enough |= tell_done(&f->listener, process, ended);
	f->live--;
}

static void sweep(struct brkwatch_follower *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->targets[i] && f->targets[i]->state == TARGET_ENDED) {
			free(f->targets[i]);
			f->targets[i] = NULL;
		}
}

/* Of one that is followed no longer, while the others are. */
static int step(struct brkwatch_follower *f, struct target *target, bool readable, bool hung_up)
{
	int rc = target_step(target, f, readable, hung_up);

	if (f->error || rc == -ENOMEM)
		return f->error = f->error ?: rc;
	if (rc < 0) {
		/* A child that nobody has asked for by its number may have ended. */
		if (!target->process.parent || (rc != -ENOENT && rc != -ESRCH))
			f->failed(f->failed_owner, target->pid, rc, brkwatch_problem(f->reader));
		else
			target_missed(target, f, NULL);
		drop_target(f, target, false);
	} else if (target->state == TARGET_ENDED) {
		drop_target(f, target, true);
	}
	return 0;
}

/* ---- events ---- */

static int follow_fork(struct brkwatch_follower *f, const struct target *parent,
		       struct brkwatch_event *event)
{
	const pid_t pid = (pid_t)event_unsigned(event, BRKWATCH_REQUEST);
	int rc;

	/* What was there before may have ended, and its number be another's. */
	if (parent->first && !parent->process.parent && !(f->flags & BRKWATCH_FROM_START))
		return 0;
	rc = add_target(f, pid, parent->pid);
	/* Its parent is followed on. */
	if (rc && rc != -ENOMEM)
		f->failed(f->failed_owner, pid, rc, NULL);
	return rc == -ENOMEM ? rc : 0;
}

int follower_take_event(struct brkwatch_follower *f, struct target *target, struct brkwatch_event *event)
{
	int rc = tell_event(&f->listener, &target->process, event);

	if (rc) {
		if (rc == -EPROTO)
			return reader_event_problem(f->reader);
		f->enough = rc > 0;
		f->error = rc < 0 ? rc : 0;
	}
	if (f->flags & BRKWATCH_CHILDREN && !rc && f->bw->live && event_is(event, BRKWATCH_FORK))
		rc = follow_fork(f, target, event);
	return rc;
}

/* ---- the loop ---- */

static int handle(struct brkwatch_follower *f, const struct epoll_event *event)
{
	const uint64_t i = event->data.u64 / KINDS;
	struct target *target;

	if (event->data.u64 % KINDS == OF_OTHER) {
		f->watches[i].ready(f->watches[i].owner);
		return 0;
	}
	target = f->targets[i];
	if (target->state == TARGET_ENDED)
		return 0;
	if (event->data.u64 % KINDS == OF_PIDFD) {
		target->process_ended = true;
		epoll_ctl(f->epoll, EPOLL_CTL_DEL, target->pidfd, NULL);
		return step(f, target, false, false);
	}
	return step(f, target, event->events & (EPOLLIN | EPOLLPRI),
		    event->events & (EPOLLHUP | EPOLLERR));
}

/* Steps those whose time has come. */
static int look_after(struct brkwatch_follower *f)
{
	int rc = 0;

	for (size_t i = 0; i < f->n && !rc && !f->enough; i++) {
		struct target *target = f->targets[i];

		if (target && target->due_ms && target->due_ms <= f->now_ms)
			rc = step(f, target, false, false);
	}
	return rc;
}

int brkwatch_follower_fd(const struct brkwatch_follower *f)
{
	return f->epoll;
}

int brkwatch_follower_timeout(const struct brkwatch_follower *f)
{
	uint64_t next = UINT64_MAX, now_ms;

	for (size_t i = 0; i < f->n; i++)
		if (f->targets[i] && f->targets[i]->due_ms && f->targets[i]->due_ms < next)
			next = f->targets[i]->due_ms;
	if (next == UINT64_MAX)
		return -1;
	now_ms = clock_ms();
	/* None is due later than some hundred ms from now. */
	return next > now_ms ? (int)(next - now_ms) : 0;
}

int brkwatch_follower_step(struct brkwatch_follower *f, int timeout_ms)
{
	struct epoll_event events[EVENTS_AT_A_TIME];
	int due = brkwatch_follower_timeout(f), n = 0, rc = 0;

	if (due >= 0 && (timeout_ms < 0 || due < timeout_ms))
		timeout_ms = due;
	if (f->bw->live) {
		n = epoll_wait(f->epoll, events, EVENTS_AT_A_TIME, timeout_ms);
		if (n < 0 && errno != EINTR)
			return -errno;
	}
	f->now_ms = clock_ms();
	for (int i = 0; i < n && !rc && !f->enough; i++)
		rc = handle(f, &events[i]);
	sweep(f);
	rc = rc ?: look_after(f);
	/* Saved files have no news. */
	return rc ?: f->live && f->bw->live && !f->enough;
}

bool brkwatch_follower_has_enough(const struct brkwatch_follower *f)
{
	return f->enough;
}

int brkwatch_follower_finish(struct brkwatch_follower *f)
{
	const bool live = f->bw->live;
	int rc = f->error;

	f->hurry = true;
	for (size_t i = 0; i < f->n && !f->enough && !rc && live; i++) {
		struct target *target = f->targets[i];

		if (target && target->state == TARGET_OPEN)
			rc = step(f, target, true, false);
		/* It may have another address space, which is not open yet. */
		if (target && !rc && (target->state == TARGET_CLOSED || target->state == TARGET_SHARED)) {
			target->due_ms = f->now_ms;
			rc = step(f, target, false, false);
		}
	}
	for (size_t i = 0; i < f->n; i++) {
		struct target *target = f->targets[i];

		if (target && target->state != TARGET_ENDED)
			drop_target(f, target, !live && target->process.snap.exited);
	}
	sweep(f);
	return rc;
}

/* ---- for programs ---- */

int brkwatch_follower_new(struct brkwatch_follower **follower, const struct brkwatch *bw,
			  const struct brkwatch_sink *sink, void *owner, unsigned int flags)
{
	struct brkwatch_follower *f = malloc(sizeof(*f));
	int rc = 0;

	if (!f)
		return -ENOMEM;
	*f = (struct brkwatch_follower){
		.bw = bw, .listener = { *sink, owner }, .reader = brkwatch_reader_new(),
		.flags = flags, .failed = ignore_failure, .now_ms = clock_ms(),
		.epoll = epoll_create1(EPOLL_CLOEXEC),
	};
	rc = f->epoll < 0 ? -errno : f->reader ? 0 : -ENOMEM;
	if (rc)
		brkwatch_follower_free(f);
	else
		*follower = f;
	return rc;
}

void brkwatch_follower_free(struct brkwatch_follower *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		if (f->targets[i])
			target_end(f->targets[i]);
		free(f->targets[i]);
	}
	if (f->epoll >= 0)
		close(f->epoll);
	brkwatch_reader_free(f->reader);
	free(f->targets);
	free(f->watches);
	free(f);
}

void brkwatch_follower_on_failure(struct brkwatch_follower *f,
				  void (*failed)(void *owner, pid_t pid, int error,
						 const char *problem), void *owner)
{
	f->failed = failed;
	f->failed_owner = owner;
}

int brkwatch_follower_add(struct brkwatch_follower *f, pid_t pid)
{
	return add_target(f, pid, 0);
}

int brkwatch_follower_watch(struct brkwatch_follower *f, int fd, uint32_t events,
			    void (*ready)(void *owner), void *owner)
{
	if (!array_room(f->watches, f->n_watches, &f->watches_room))
		return -ENOMEM;
	f->watches[f->n_watches] = (struct watch){ ready, owner };
	return watch_fd(f, fd, events, f->n_watches, OF_OTHER) ?: (f->n_watches++, 0);
}
