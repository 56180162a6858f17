// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "event.h"
#include "follow.h"
#include "procfile.h"
#include "report.h"
#include "selfcheck.h"
#include "snapshot.h"

/* The process is gone, but the kernel may still be busy taking its address space down. */
#define LAST_EVENT_WAIT_MS 200

#define REOPEN_FIRST_MS 1
#define REOPEN_SLOWEST_MS 100
#define REOPEN_LIMIT_MS 1000

enum outcome {
	SPACE_ENDED = 1,
	PROCESS_ENDED,
	STOPPED,
};

struct follower {
	const struct options *opts;
	struct outbuf *out;
	pid_t pid;
	int pidfd;
	int fd;
	bool first;		/* snapshot of this descriptor */
	uint64_t dropped;	/* of this descriptor, as reported so far */
	struct snapshot snap;
	struct totals totals;	/* of the address spaces that are done with */
};

static int stop_fd = -1;

static void stop_request(int sig)
{
	const uint64_t one = 1;
	int saved_errno = errno;
	ssize_t n = write(stop_fd, &one, sizeof(one));

	(void)sig;
	(void)n;
	errno = saved_errno;
}

/* The second signal kills, should the first one find us stuck in a write. */
static int stop_setup(void)
{
	struct sigaction action = {
		.sa_handler = stop_request,
		.sa_flags = SA_RESETHAND,
	};

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return -errno;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return 0;
}

/* What happened to whom, within @timeout_ms. */
struct wakeup {
	bool stop;
	bool process_ended;
	bool space_ended;
};

/* -EPIPE: nobody reads our output any more, and without events no write would ever tell. */
static int wait_for(const struct follower *f, int fd, int timeout_ms, struct wakeup *wakeup)
{
	struct pollfd pfds[] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = f->pidfd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN | POLLPRI },
		{ .fd = STDOUT_FILENO },
	};
	int rc;

	*wakeup = (struct wakeup){ 0 };
	do {
		rc = poll(pfds, 4, timeout_ms);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return -errno;
	if (pfds[3].revents & (POLLERR | POLLHUP))
		return f->out->error = -EPIPE;
	wakeup->stop = pfds[0].revents;
	wakeup->process_ended = pfds[1].revents;
	wakeup->space_ended = pfds[2].revents & (POLLHUP | POLLERR | POLLNVAL);
	return 0;
}

static int print_new(struct follower *f)
{
	struct event ev;
	int rc;

	if (f->snap.dropped > f->dropped)
		report_lost(f->out, f->opts, &f->snap, f->snap.dropped - f->dropped, f->first);
	f->dropped = f->snap.dropped;
	f->first = false;
	while ((rc = snapshot_next_event(&f->snap, &ev)) > 0) {
		rc = report_event(f->out, f->opts, &f->snap, &ev);
		if (rc)
			break;
	}
	return rc;
}

static int read_and_print(struct follower *f)
{
	int rc = snapshot_read(&f->snap, f->fd);

	return rc ?: print_new(f);
}

/* From one address space's first snapshot, already taken, to its end. */
static int follow_space(struct follower *f)
{
	struct wakeup wakeup = { 0 };
	int rc = print_new(f);

	if (f->opts->recorded && !rc)
		return f->snap.exited ? PROCESS_ENDED : STOPPED;

	while (!rc && !f->snap.exited && !wakeup.space_ended && !wakeup.process_ended) {
		rc = outbuf_flush(f->out);
		if (rc)
			break;
		rc = wait_for(f, f->fd, -1, &wakeup);
		if (rc)
			break;
		if (wakeup.process_ended && !wakeup.space_ended) {
			struct pollfd pfd = { .fd = f->fd };

			poll(&pfd, 1, LAST_EVENT_WAIT_MS);
		}
		rc = read_and_print(f);
		if (wakeup.stop)
			return rc ?: STOPPED;
	}
	return rc ?: SPACE_ENDED;
}

/*
 * Open the file and take the first snapshot. The first poll of a descriptor makes the module
 * keep a longer history for it, so it comes before that.
 */
static int open_space(struct follower *f, int fd)
{
	struct wakeup ignored;
	int rc;

	if (fd < 0)
		return fd;
	f->fd = fd;
	f->first = true;
	f->dropped = 0;
	rc = wait_for(f, fd, 0, &ignored);
	return rc ?: snapshot_read(&f->snap, fd);
}

static void close_space(struct follower *f)
{
	close(f->fd);
	f->fd = -1;
}

/*
 * The address space is gone: by exec, then the process has another one, or because the process
 * ends, then there is none to be had until the pidfd says so.
 */
static int open_next_space(struct follower *f)
{
	/* A module loaded anew counts spaces from 1 again. */
	const uint64_t last = f->snap.space, since = f->snap.since;
	int delay = REOPEN_FIRST_MS, absent = 0;

	for (int timeout = 0;; timeout = delay, delay *= delay < REOPEN_SLOWEST_MS ? 2 : 1) {
		struct wakeup wakeup;
		int rc = timeout ? outbuf_flush(f->out) : 0;

		rc = rc ?: wait_for(f, -1, timeout, &wakeup);
		if (rc)
			return rc;
		if (wakeup.process_ended)
			return PROCESS_ENDED;
		if (wakeup.stop)
			return STOPPED;

		rc = open_space(f, procfile_try_open(f->opts, f->pid));
		if (!rc && (f->snap.space != last || f->snap.since != since))
			return 0;
		if (f->fd >= 0)
			close_space(f);
		/* A process on its way out can take long to end, but its name stays. */
		absent += rc == -ENOENT ? timeout : 0;
		if (rc && rc != -ESRCH && (rc != -ENOENT || absent > REOPEN_LIMIT_MS))
			return rc;
	}
}

static int follow_spaces(struct follower *f)
{
	int rc;

	report_start(f->out, f->opts, &f->snap);
	for (;;) {
		rc = follow_space(f);
		totals_add(&f->totals, &f->snap);
		close_space(f);
		if (rc != SPACE_ENDED)
			return rc;
		rc = open_next_space(f);
		if (rc)
			return rc;
		report_exec(f->out, f->opts, &f->snap);
	}
}

enum exit_status follow_process(struct outbuf *out, const struct options *opts, pid_t pid)
{
	struct follower f = { .opts = opts, .out = out, .pid = pid, .pidfd = -1, .fd = -1 };
	int rc;

	snapshot_init(&f.snap);
	rc = stop_setup();
	/* Before the file: a number that is used again later must not pass for the process. */
	if (!rc && !opts->recorded) {
		f.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (f.pidfd < 0)
			rc = errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
	}
	if (!rc)
		selfcheck_probes(opts);
	if (!rc)
		rc = open_space(&f, procfile_open(opts, pid));
	if (!rc)
		rc = follow_spaces(&f);

	if (rc < 0 && rc != out->error)
		procfile_complain(opts, pid, rc, &f.snap);
	if (f.totals.spaces)
		report_summary(out, opts, pid, &f.totals, rc == PROCESS_ENDED);
	if (f.fd >= 0)
		close(f.fd);
	if (f.pidfd >= 0)
		close(f.pidfd);
	close(stop_fd);
	snapshot_deinit(&f.snap);
	return rc < 0 ? STATUS_FAILED : STATUS_OK;
}
