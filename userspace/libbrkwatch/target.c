// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libbrkwatch/target.h"

/* The process is gone, but the kernel may still be busy taking its address space down. */
#define LAST_EVENT_WAIT_MS 200

/* A child that shares its parent's space execs soon, and what it becomes may not live long. */
#define SHARED_SOON 64
#define RETRY_FIRST_MS 1
#define RETRY_SLOWEST_MS 100
#define ROW_RETRY_MS 10
#define ROW_TRIES 20
#define ABSENT_LIMIT_MS 1000

int target_init(struct target *target, const struct brkwatch *bw, pid_t pid, pid_t parent)
{
	*target = (struct target){
		.process = { .snap.pid = (uint64_t)pid, .parent = parent },
		.pid = pid, .fd = -1, .last_fd = -1, .pidfd = -1,
	};
	if (!bw->live)
		return 0;
	target->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (target->pidfd >= 0) {
		/* Before others are looked at, which takes time that some children do not have. */
		if (parent)
			target->fd = brkwatch_open_process(bw, pid);
		return 0;
	}
	/* Or it is a thread's by now; or 0, which is who is not in our namespace. */
	if (errno != ESRCH && errno != EINVAL && errno != ENOENT)
		return -errno;
	target->process_ended = parent;
	return parent ? 0 : -ESRCH;
}

void target_missed(struct target *t, struct brkwatch_follower *f, const struct brkwatch_row *row)
{
	struct brkwatch_process *process = &t->process;

	if (row) {
		snprintf(process->snap.name, sizeof(process->snap.name), "%s", row->name);
		totals_add_row(&process->totals, row);
	} else {
		process->totals.missed++;
	}
	tell(&f->listener, missed, process, row);
}

/* An address space says how many there were before it. */
static void miss_those_before(struct target *t, struct brkwatch_follower *f, uint64_t spaces_before)
{
	for (; t->spaces_before < spaces_before; t->spaces_before++)
		target_missed(t, f, NULL);
}

static int tell_news(struct target *t, struct brkwatch_follower *f)
{
	struct brkwatch_snapshot *snap = &t->process.snap;
	struct brkwatch_event event;
	int rc;

	if (snap->dropped > t->dropped)
		tell(&f->listener, lost, &t->process, snap->dropped - t->dropped, t->first);
	t->dropped = snap->dropped;
	while ((rc = reader_next_event(f->reader, &event)) > 0) {
		rc = follower_take_event(f, t, &event);
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

/* What epoll has yet to tell, where there is much of it. */
static bool has_ended(const struct target *t)
{
	struct pollfd pidfd = { .fd = t->pidfd, .events = POLLIN };

	return t->pidfd >= 0 && poll(&pidfd, 1, 0) == 1;
}

/* Later, and later still each time. */
static void retry(struct target *t, const struct brkwatch_follower *f, enum target_state state)
{
	close_fd(&t->fd);
	t->state = state;
	t->due_ms = f->now_ms + (uint64_t)t->delay_ms;
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
static int first_snapshot(struct target *t, struct brkwatch_follower *f)
{
	const struct brkwatch_snapshot last = t->process.snap;
	int rc = follower_watch_file(f, t) ?: reader_take(f->reader, t->fd, &t->process.snap);

	/* A module loaded anew counts spaces from 1 again. */
	if (!rc && t->process.snap.space == last.space && t->process.snap.since == last.since)
		return 1;
	if (!rc && follower_is_shared(f, t)) {
		t->state = TARGET_SHARED;
		rc = 1;
	}
	/* What was shown of the last one counts. */
	if (rc == 1 || (rc && rc != -EPROTO))
		t->process.snap = last;
	return rc;
}

/* Which address space there was, or is, after the last one that was open; 0: none. */
static uint64_t next_space(const struct target *t, struct brkwatch_follower *f)
{
	struct brkwatch_snapshot snap;

	return t->last_fd < 0 || reader_take(f->reader, t->last_fd, &snap) ? 0 : snap.next_space;
}

static int try_open(struct target *t, struct brkwatch_follower *f)
{
	const bool again = t->process.snap.space, asked_for = !again && !t->process.parent;
	enum target_state state = TARGET_CLOSED;
	int rc;

	if (t->state == TARGET_SHARED && same_space(t->pid, t->process.parent)) {
		retry(t, f, TARGET_SHARED);
		return 0;
	}
	/* A process that the user named is there, or he is told why it is not. */
	if (t->state == TARGET_SHARED)
		t->delay_ms = 0;
	if (t->fd < 0)
		t->fd = asked_for ? brkwatch_await_process(f->bw, t->pid) :
				    brkwatch_open_process(f->bw, t->pid);
	rc = t->fd < 0 ? t->fd : first_snapshot(t, f);
	if (!rc) {
		if (asked_for)
			t->spaces_before = t->process.snap.spaces_before;
		miss_those_before(t, f, t->process.snap.spaces_before);
		t->state = TARGET_OPEN;
		t->due_ms = 0;
		t->first = !again;
		t->dropped = 0;
		t->absent_since_ms = 0;
		close_fd(&t->last_fd);
		if (again)
			tell(&f->listener, exec, &t->process);
		else
			tell(&f->listener, start, &t->process);
		return tell_news(t, f);
	}
	if (rc == 1)
		state = t->state;
	/* A process on its way out can take long to end, but its name stays; a new one's may be late. */
	if (rc != -ENOENT)
		t->absent_since_ms = 0;
	else if (!t->absent_since_ms)
		t->absent_since_ms = f->now_ms;
	if (again && rc == -ENOENT && has_ended(t))
		t->process_ended = true;
	else if (rc < 0 && (asked_for || rc != -ESRCH) &&
	    (asked_for || rc != -ENOENT || f->now_ms - t->absent_since_ms > ABSENT_LIMIT_MS)) {
		close_fd(&t->fd);
		return rc;
	}
	retry(t, f, state);
	return 0;
}

static int read_news(struct target *t, struct brkwatch_follower *f)
{
	int rc = reader_take(f->reader, t->fd, &t->process.snap);

	if (rc)
		return rc;
	/* Somebody may have held one of them beyond its exec. */
	miss_those_before(t, f, t->process.snap.spaces_before);
	return tell_news(t, f);
}

/* As long as the file is open, the module keeps a long history for what comes after an exec. */
static void space_ended(struct target *t, struct brkwatch_follower *f)
{
	totals_add(&t->process.totals, &t->process.snap);
	t->spaces_before++;
	epoll_ctl(f->epoll, EPOLL_CTL_DEL, t->fd, NULL);
	close_fd(&t->last_fd);
	t->last_fd = t->fd;
	t->fd = -1;
	t->delay_ms = 0;
	retry(t, f, TARGET_CLOSED);
}

/*
 * What the module remembers of those that have ended last: 1 if it has the address space that this
 * one had in the end, or -EACCES. @next: the one after the last that was open, if that is known.
 */
static int find_row(struct target *t, struct brkwatch_follower *f, uint64_t next)
{
	const uint64_t last = t->process.snap.space;
	struct brkwatch_table *table;
	const struct brkwatch_row *row;
	struct brkwatch_row known;
	int rc = brkwatch_table_open(&table, f->bw, "exited");

	if (rc)
		return rc;
	/* The newest come first. */
	while ((rc = brkwatch_table_next(table, &row)) > 0 && (row->pid != t->pid || !t->pid))
		;
	if (rc > 0 && row->space && row->space == last) {
		/* Or what came after it is not there yet. */
		rc = !next;
	} else if (rc > 0) {
		miss_those_before(t, f, row->spaces_before);
		known = *row;
		if (!(f->flags & BRKWATCH_CHILDREN))
			known.forks = 0;
		target_missed(t, f, &known);
	}
	brkwatch_table_close(table);
	return rc;
}

/* It has ended; there may be an address space whose file was not open before that. */
static void look_back(struct target *t, struct brkwatch_follower *f)
{
	const struct brkwatch_snapshot *last = &t->process.snap;
	const uint64_t next = next_space(t, f);
	int rc = 1;

	/* An older module does not tell. */
	if (next || !last->space || (t->process.parent && !header_has(last, &last->next_space)))
		rc = find_row(t, f, next);
	if (!rc && !f->hurry && t->row_tries++ < ROW_TRIES) {
		t->due_ms = f->now_ms + ROW_RETRY_MS;
		return;
	}
	if (rc <= 0 && (next || !last->space))
		target_missed(t, f, NULL);
	t->state = TARGET_ENDED;
}

int target_step(struct target *t, struct brkwatch_follower *f, bool readable, bool hung_up)
{
	bool due = t->due_ms && f->now_ms >= t->due_ms;
	int rc = 0;

	switch (t->state) {
	case TARGET_OPEN:
		/* By exec, then the process has another space, or because it ends. */
		if (readable || hung_up || due)
			rc = read_news(t, f);
		if (rc)
			return rc;
		if (hung_up || t->process.snap.exited || due)
			space_ended(t, f);
		else if (t->process_ended && !t->due_ms)
			t->due_ms = f->now_ms + LAST_EVENT_WAIT_MS;
		if (t->state == TARGET_OPEN || !t->process_ended)
			return 0;
		/* fall through */
	case TARGET_CLOSED:
	case TARGET_SHARED:
		if ((t->process_ended || (f->hurry && has_ended(t))) && t->fd < 0)
			look_back(t, f);
		else if (due)
			rc = try_open(t, f);
		return rc;
	case TARGET_ENDED:
		break;
	}
	return 0;
}

void target_end(struct target *t)
{
	if (t->state == TARGET_OPEN)
		totals_add(&t->process.totals, &t->process.snap);
	t->state = TARGET_ENDED;
	t->due_ms = 0;
	close_fd(&t->fd);
	close_fd(&t->last_fd);
	close_fd(&t->pidfd);
}
