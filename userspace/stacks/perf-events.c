// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/complain.h"
#include "libbrkwatch/internal.h"
#include "stacks/perf-events.h"
#include "symbols/perf-records.h"
#include "symbols/registers.h"
#include "common/perf-ring.h"

/* Of the stack. A sample takes that much room however short the stack is. */
#define STACK_BYTES	(32u * 1024)

/* For samples, of one CPU; and of all of them, where they are many. */
#define SAMPLES_BYTES	((size_t)32 << 20)
#define SAMPLES_LEAST	((size_t)1 << 20)
#define SAMPLES_ALL	((size_t)256 << 20)
#define NEWS_BYTES	((size_t)256 << 10)

/*
 * Samples would push out what tells of address spaces, so that has rings of its own. Rings that
 * children write to, too, have to be of one CPU each.
 */
enum { SAMPLES, NEWS, KINDS };

/* What is opened for each thread and CPU. That which tells of address spaces comes first. */
enum { NEWS_EVENT, EVENTS = NEWS_EVENT + 1 + TRACEPOINTS };

static int ring_of(int what)
{
	return what == NEWS_EVENT ? NEWS : SAMPLES;
}

struct cpu {
	int number;
	bool left_out;
	int fd[KINDS];		/* of the first thread, which has the ring; or -1 */
	struct ring ring[KINDS];
};

struct perf {
	const struct perf_ops *ops;
	bool forks;
	bool old_kernel;	/* has no inherit_thread */
	int tracepoints[TRACEPOINTS];
	size_t samples_bytes;
	bool settled;		/* there are rings that are in use */
	struct cpu *cpus;
	size_t n_cpus;
	int *fds;		/* of other threads */
	size_t n_fds, fds_room;
	int epoll;
	uint64_t lost;
};

struct perf *perf_open(const struct perf_ops *ops, const int tracepoints[TRACEPOINTS], bool forks)
{
	long configured = sysconf(_SC_NPROCESSORS_CONF), online = sysconf(_SC_NPROCESSORS_ONLN);
	struct perf *perf = needed(calloc(1, sizeof(*perf)));

	*perf = (struct perf){ .ops = ops, .forks = forks, .samples_bytes = SAMPLES_BYTES };
	memcpy(perf->tracepoints, tracepoints, sizeof(perf->tracepoints));
	while (perf->samples_bytes > SAMPLES_LEAST &&
	       perf->samples_bytes * (size_t)online > SAMPLES_ALL)
		perf->samples_bytes /= 2;
	perf->epoll = epoll_create1(EPOLL_CLOEXEC);
	perf->n_cpus = (size_t)configured;
	perf->cpus = needed(calloc(perf->n_cpus, sizeof(*perf->cpus)));
	for (size_t i = 0; i < perf->n_cpus; i++)
		perf->cpus[i] = (struct cpu){ .number = (int)i, .fd = { -1, -1 } };
	if (perf->epoll >= 0 && regs_mask())
		return perf;
	warn_user("cannot record stacks: %s",
		  regs_mask() ? strerror(errno) : "the registers of this machine are not known");
	perf_close(perf);
	return NULL;
}

static void close_events(struct perf *perf)
{
	for (size_t i = 0; i < perf->n_cpus; i++)
		for (int kind = 0; kind < KINDS; kind++) {
			ring_close(&perf->cpus[i].ring[kind]);
			if (perf->cpus[i].fd[kind] >= 0)
				close(perf->cpus[i].fd[kind]);
			perf->cpus[i].fd[kind] = -1;
		}
	while (perf->n_fds)
		close(perf->fds[--perf->n_fds]);
}

void perf_close(struct perf *perf)
{
	close_events(perf);
	if (perf->epoll >= 0)
		close(perf->epoll);
	free(perf->fds);
	free(perf->cpus);
	free(perf);
}

/* ---- opening ---- */

static size_t ring_bytes(const struct perf *perf, int kind)
{
	size_t half = perf->samples_bytes / 2;

	return kind == SAMPLES ? perf->samples_bytes : half < NEWS_BYTES ? half : NEWS_BYTES;
}

static struct perf_event_attr attr_of(const struct perf *perf, int what)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.inherit = 1,
		.inherit_thread = !perf->forks && !perf->old_kernel,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(ring_bytes(perf, ring_of(what)) / 4),
	};

	if (what == NEWS_EVENT) {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_DUMMY;
		attr.mmap = attr.mmap2 = attr.build_id = attr.comm = attr.comm_exec = attr.task = 1;
	} else {
		attr.type = PERF_TYPE_TRACEPOINT;
		attr.config = (uint64_t)perf->tracepoints[what - NEWS_EVENT - 1];
		attr.sample_period = 1;
		attr.sample_type |= PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		attr.sample_regs_user = regs_mask();
		attr.sample_stack_user = STACK_BYTES;
	}
	return attr;
}

static int open_event(struct perf *perf, int what, pid_t tid, int cpu)
{
	struct perf_event_attr attr = attr_of(perf, what);
	int fd = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0 && errno == EINVAL && attr.inherit_thread) {
		perf->old_kernel = true;
		attr = attr_of(perf, what);
		fd = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

/* Events of one CPU write to one ring, that of the first of them. */
static int add_event(struct perf *perf, struct cpu *cpu, int kind, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int rc;

	if (cpu->fd[kind] >= 0) {
		*array_add(perf->fds, perf->n_fds, perf->fds_room) = fd;
		return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, cpu->fd[kind]) ? -errno : 0;
	}
	cpu->fd[kind] = fd;
	rc = ring_open(&cpu->ring[kind], fd, ring_bytes(perf, kind));
	if (!rc && epoll_ctl(perf->epoll, EPOLL_CTL_ADD, fd, &event))
		rc = -errno;
	return rc;
}

/* Returns -ESRCH for a thread that has ended. */
static int attach_thread(struct perf *perf, pid_t tid)
{
	for (size_t i = 0; i < perf->n_cpus; i++)
		for (int what = 0; what < EVENTS && !perf->cpus[i].left_out; what++) {
			int fd = open_event(perf, what, tid, perf->cpus[i].number);
			int rc = fd < 0 ? fd : add_event(perf, &perf->cpus[i], ring_of(what), fd);

			/* Such a CPU is off. */
			if (rc && rc != -ENODEV && rc != -ENXIO)
				return rc;
		}
	return 0;
}

/* The first word of a file of the kernel's. Valid until the next one. */
static const char *word_of(const char *path)
{
	static char text[16];
	FILE *file = fopen(path, "re");

	if (!file || fscanf(file, "%15s", text) != 1)
		strcpy(text, "?");
	if (file)
		fclose(file);
	return text;
}

static int complain(pid_t pid, int error)
{
	if (error == -EPERM || error == -EACCES)
		warn_user("%d: %s; run it as root, or with CAP_PERFMON and CAP_SYS_PTRACE; sysctl "
			  "kernel.perf_event_paranoid=-1 stands for CAP_PERFMON, and is now %s", pid,
			  strerror(-error), word_of("/proc/sys/kernel/perf_event_paranoid"));
	else if (error == -ENOBUFS)
		warn_user("%d: no room for buffers; raise sysctl kernel.perf_event_mlock_kb (for each "
			  "processor, now %s) or the limit of locked memory (ulimit -l), or run it with "
			  "CAP_IPC_LOCK", pid,
			  word_of("/proc/sys/kernel/perf_event_mlock_kb"));
	else if (error == -EMFILE)
		warn_user("%d: too many threads for the limit of open files; raise it with 'ulimit -n'", pid);
	else
		warn_user("%d: cannot open its perf events: %s", pid, strerror(-error));
	return -1;
}

/* Those of a process that are known. */
struct threads {
	pid_t *ids;
	size_t n, room;
};

static bool is_among(const struct threads *threads, pid_t tid)
{
	for (size_t i = 0; i < threads->n; i++)
		if (threads->ids[i] == tid)
			return true;
	return false;
}

/* Threads that were not known; returns how many, or a negative errno. */
static int attach_new(struct perf *perf, DIR *dir, struct threads *threads)
{
	const struct dirent *entry;
	int added = 0, rc;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0 || is_among(threads, tid))
			continue;
		*array_add(threads->ids, threads->n, threads->room) = tid;
		rc = attach_thread(perf, tid);
		if (rc && rc != -ESRCH)
			return rc;
		added++;
	}
	return added;
}

/*
 * Until there is no thread that is not known: others may come meanwhile. One that has inherited
 * the events has them twice then, and its samples come twice.
 */
static int attach(struct perf *perf, pid_t pid)
{
	struct threads threads = { .n = 0 };
	char path[48];
	DIR *dir;
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	/* The caller reports that there is no such process. */
	if (!dir)
		return 0;
	do {
		rc = attach_new(perf, dir, &threads);
	} while (rc > 0);
	closedir(dir);
	free(threads.ids);
	return rc;
}

/* What may be locked is so much for each CPU that is on. */
static void leave_out_cpus(struct perf *perf)
{
	for (size_t i = 0; i < perf->n_cpus; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%zu/online", i);
		perf->cpus[i].left_out = *word_of(path) == '0';
	}
}

int perf_attach(struct perf *perf, pid_t pid)
{
	int rc = attach(perf, pid);

	/* Smaller rings lose more samples, which is better than to have none. */
	while (rc == -ENOBUFS && !perf->settled && perf->samples_bytes > RING_RECORD_MAX) {
		close_events(perf);
		leave_out_cpus(perf);
		perf->samples_bytes /= 2;
		rc = attach(perf, pid);
	}
	perf->settled |= !rc;
	return rc ? complain(pid, rc) : 0;
}

/* ---- reading ---- */

int perf_fd(const struct perf *perf)
{
	return perf->epoll;
}

uint64_t perf_lost(const struct perf *perf)
{
	return perf->lost;
}

/* The ring that has the oldest record, if it is older than @until. */
static struct ring *oldest(struct perf *perf, uint64_t until)
{
	struct ring *found = NULL;
	uint64_t time;

	for (size_t i = 0; i < perf->n_cpus; i++)
		for (int kind = 0; kind < KINDS; kind++) {
			struct ring *ring = &perf->cpus[i].ring[kind];

			if (ring_next_time(ring, &time) && time <= until) {
				until = time;
				found = ring;
			}
		}
	return found;
}

/*
 * What is older than the time before the rings were looked at has behind it only what is in
 * them, whichever ring it is in. Newer records wait until next time: their cause may be in a
 * ring that was looked at before it came.
 */
void perf_drain(struct perf *perf)
{
	struct epoll_event events[16];
	uint64_t until = clock_ns();
	struct ring *ring;

	while (epoll_wait(perf->epoll, events, 16, 0) == 16)
		;
	for (size_t i = 0; i < perf->n_cpus; i++)
		for (int kind = 0; kind < KINDS; kind++)
			if (perf->cpus[i].ring[kind].page)
				ring_update(&perf->cpus[i].ring[kind]);
	while ((ring = oldest(perf, until))) {
		perf->lost += perf_record_give(perf->ops, ring_next(ring));
		ring_advance(ring);
	}
}
