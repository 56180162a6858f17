// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libbrkwatch/event.h"
#include "libbrkwatch/exited.h"
#include "libbrkwatch/open.h"
#include "libbrkwatch/follow-process.h"

/* The process is gone, but the kernel may still be busy taking its address space down. */
#define LAST_EVENT_WAIT_MS 200

/* A child that shares its parent's space execs soon, and what it becomes may not live long. */
#define SHARED_SOON 64
#define RETRY_FIRST_MS 1
#define RETRY_SLOWEST_MS 100
#define ROW_RETRY_MS 10
#define ROW_TRIES 20
#define ABSENT_LIMIT_MS 1000

int target_init(struct target *target, const struct options *opts, struct text_buffer *buffer,
		pid_t pid, pid_t parent)
{
	*target = (struct target){ .pid = pid, .parent = parent, .fd = -1, .last_fd = -1, .pidfd = -1 };
	snapshot_init(&target->snap, buffer);
	target->snap.pid = (uint64_t)pid;
	if (opts->recorded)
		return 0;
	target->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (target->pidfd >= 0)
		return 0;
	/* Or it is a thread's by now; or 0, which is who is not in our namespace. */
	if (errno != ESRCH && errno != EINVAL && errno != ENOENT)
		return -errno;
	target->process_ended = parent;
	return parent ? 0 : -ESRCH;
}

static int print_news(struct target *t, const struct target_ops *ops)
{
	struct event ev;
	int rc;

	if (t->snap.dropped > t->dropped)
		report_lost(ops->report, &t->snap, t->snap.dropped - t->dropped, t->first);
	t->dropped = t->snap.dropped;
	while ((rc = snapshot_next_event(&t->snap, &ev)) > 0) {
		rc = ops->event(ops->owner, t, &ev);
		if (rc)
			break;
	}
	t->first = false;
	return rc;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_space(struct target *t)
{
	close_fd(&t->fd);
}

/* What epoll has yet to tell, where there is much of it. */
static bool has_ended(const struct target *t)
{
	struct pollfd pidfd = { .fd = t->pidfd, .events = POLLIN };

	return t->pidfd >= 0 && poll(&pidfd, 1, 0) == 1;
}

/* Later, and later still each time. */
static void retry(struct target *t, enum target_state state, uint64_t now_ms)
{
	close_space(t);
	t->state = state;
	t->due_ms = now_ms + (uint64_t)t->delay_ms;
	if (!t->delay_ms || (state == TARGET_SHARED && t->shared_tries++ < SHARED_SOON))
		t->delay_ms = RETRY_FIRST_MS;
	else if (t->delay_ms < RETRY_SLOWEST_MS)
		t->delay_ms *= 2;
}

/* Two processes with one address space; false where the kernel does not tell. */
static bool same_space(pid_t a, pid_t b)
{
	return !syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);
}

/*
 * The file is open: the first snapshot. The first poll of a descriptor makes the module keep a
 * longer history for it, so it comes before that. Returns 1 where the address space is one that
 * is known already.
 */
static int first_snapshot(struct target *t, const struct target_ops *ops)
{
	const struct snapshot last = t->snap;
	int rc = ops->watch(ops->owner, t) ?: snapshot_read(&t->snap, t->fd);

	/* A module loaded anew counts spaces from 1 again. */
	if (!rc && t->snap.space == last.space && t->snap.since == last.since)
		return 1;
	if (!rc && ops->shared(ops->owner, t)) {
		t->state = TARGET_SHARED;
		rc = 1;
	}
	/* What was shown of the last one counts. */
	if (rc == 1 || (rc && rc != -EPROTO))
		t->snap = last;
	return rc;
}

static int try_open(struct target *t, const struct target_ops *ops, uint64_t now_ms)
{
	const bool again = t->snap.space, asked_for = !again && !t->parent;
	enum target_state state = TARGET_CLOSED;
	int rc;

	if (t->state == TARGET_SHARED && same_space(t->pid, t->parent)) {
		retry(t, TARGET_SHARED, now_ms);
		return 0;
	}
	/* One that was asked for by its number is there, or it is said why it is not. */
	if (t->state == TARGET_SHARED)
		t->delay_ms = 0;
	t->fd = asked_for ? procfile_open(ops->opts, t->pid) :
			    procfile_try_open(ops->opts, t->pid);
	rc = t->fd < 0 ? t->fd : first_snapshot(t, ops);
	if (!rc) {
		t->state = TARGET_OPEN;
		t->due_ms = 0;
		t->first = true;
		t->dropped = 0;
		t->absent_since_ms = 0;
		close_fd(&t->last_fd);
		if (again)
			report_exec(ops->report, &t->snap);
		else
			report_start(ops->report, &t->snap);
		return print_news(t, ops);
	}
	if (rc == 1)
		state = t->state;
	/* A process on its way out can take long to end, but its name stays; a new one's may be late. */
	if (rc != -ENOENT)
		t->absent_since_ms = 0;
	else if (!t->absent_since_ms)
		t->absent_since_ms = now_ms;
	if (again && rc == -ENOENT && has_ended(t))
		t->process_ended = true;
	else if (rc < 0 && (asked_for || rc != -ESRCH) &&
	    (asked_for || rc != -ENOENT || now_ms - t->absent_since_ms > ABSENT_LIMIT_MS)) {
		close_space(t);
		return rc;
	}
	retry(t, state, now_ms);
	return 0;
}

static int read_news(struct target *t, const struct target_ops *ops)
{
	int rc = snapshot_read(&t->snap, t->fd);

	return rc ?: print_news(t, ops);
}

/* As long as the file is open, the module keeps a long history for what comes after an exec. */
static void space_ended(struct target *t, const struct target_ops *ops, uint64_t now_ms)
{
	totals_add(&t->totals, &t->snap);
	ops->unwatch(ops->owner, t);
	close_fd(&t->last_fd);
	t->last_fd = t->fd;
	t->fd = -1;
	t->delay_ms = 0;
	retry(t, TARGET_CLOSED, now_ms);
}

/* One that has ended before its file was open: the module remembers the last of those. */
static void wait_for_row(struct target *t, const struct target_ops *ops, uint64_t now_ms)
{
	if (t->parent && !t->snap.space && t->row_tries < ROW_TRIES &&
	    !exited_find(ops->opts, t->pid, &t->totals, t->snap.name, sizeof(t->snap.name))) {
		t->row_tries++;
		t->due_ms = now_ms + ROW_RETRY_MS;
		return;
	}
	t->state = TARGET_ENDED;
}

int target_step(struct target *t, const struct target_ops *ops, uint64_t now_ms, bool readable,
		bool hung_up)
{
	bool due = t->due_ms && now_ms >= t->due_ms;
	int rc = 0;

	switch (t->state) {
	case TARGET_OPEN:
		/* By exec, then the process has another space, or because it ends. */
		if (readable || hung_up || due)
			rc = read_news(t, ops);
		if (rc)
			return rc;
		if (hung_up || t->snap.exited || due)
			space_ended(t, ops, now_ms);
		else if (t->process_ended && !t->due_ms)
			t->due_ms = now_ms + LAST_EVENT_WAIT_MS;
		if (t->state == TARGET_OPEN || !t->process_ended)
			return 0;
		/* fall through */
	case TARGET_CLOSED:
	case TARGET_SHARED:
		if (t->process_ended)
			wait_for_row(t, ops, now_ms);
		else if (due)
			rc = try_open(t, ops, now_ms);
		return rc;
	case TARGET_ENDED:
		break;
	}
	return 0;
}

void target_end(struct target *t)
{
	if (t->state == TARGET_OPEN)
		totals_add(&t->totals, &t->snap);
	t->state = TARGET_ENDED;
	t->due_ms = 0;
	close_space(t);
	close_fd(&t->last_fd);
	close_fd(&t->pidfd);
}
