// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/cpu-rings.h"
#include "libbrkwatch/internal.h"
#include "stacks/perf-events.h"
#include "symbols/perf-records.h"
#include "symbols/registers.h"

/* Of the stack. A sample takes that much room however short the stack is. */
#define STACK_BYTES	(32u * 1024)

/* For samples, of one CPU; and of all of them, where they are many. */
#define SAMPLES_BYTES	((size_t)32 << 20)
#define SAMPLES_LEAST	((size_t)1 << 20)
#define SAMPLES_ALL	((size_t)256 << 20)
#define NEWS_BYTES	((size_t)256 << 10)

/* Samples would push out what tells of address spaces, so that has rings of its own. */
enum { SAMPLES, NEWS, KINDS };

/* What is opened for each thread and CPU. That which tells of address spaces comes first. */
enum { NEWS_EVENT, EVENTS = NEWS_EVENT + 1 + TRACEPOINTS };

static int ring_of(int what)
{
	return what == NEWS_EVENT ? NEWS : SAMPLES;
}

struct perf {
	const struct perf_ops *ops;
	bool forks;
	int tracepoints[TRACEPOINTS];
	struct cpu_rings rings[KINDS];
	bool settled;		/* they are in use */
	int epoll;
	uint64_t lost;
};

/* Where a ring for samples has so many. */
static size_t bytes_of(int kind, size_t samples)
{
	return kind == SAMPLES ? samples : samples / 2 < NEWS_BYTES ? samples / 2 : NEWS_BYTES;
}

struct perf *perf_open(const struct perf_ops *ops, const int tracepoints[TRACEPOINTS], bool forks)
{
	const size_t bytes = rings_share(SAMPLES_BYTES, SAMPLES_LEAST, SAMPLES_ALL);
	struct perf *perf = needed(calloc(1, sizeof(*perf)));

	*perf = (struct perf){ .ops = ops, .forks = forks };
	memcpy(perf->tracepoints, tracepoints, sizeof(perf->tracepoints));
	for (int kind = 0; kind < KINDS; kind++)
		rings_init(&perf->rings[kind], bytes_of(kind, bytes));
	perf->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (perf->epoll >= 0 && regs_mask())
		return perf;
	warn_user("cannot record stacks: %s; brkwatch-cli shows the events without them",
		  regs_mask() ? strerror(errno) : "the registers of this machine are not known");
	perf_close(perf);
	return NULL;
}

void perf_close(struct perf *perf)
{
	for (int kind = 0; kind < KINDS; kind++)
		rings_free(&perf->rings[kind]);
	if (perf->epoll >= 0)
		close(perf->epoll);
	free(perf);
}

/* ---- opening ---- */

static struct perf_event_attr attr_of(const struct perf *perf, int what)
{
	struct perf_event_attr attr = {
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(perf->rings[ring_of(what)].bytes / 4),
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

static int open_event(struct perf *perf, int what, pid_t tid, size_t cpu)
{
	struct perf_event_attr attr = attr_of(perf, what);

	return rings_event(&perf->rings[ring_of(what)], &attr, perf->forks, tid, cpu);
}

/* The first of a CPU and kind has the ring. */
static int add_event(struct perf *perf, int kind, size_t cpu, int fd)
{
	struct cpu_rings *rings = &perf->rings[kind];
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int rc = rings_add(rings, cpu, fd);

	if (!rc && rings->cpus[cpu].fd == fd && epoll_ctl(perf->epoll, EPOLL_CTL_ADD, fd, &event))
		rc = -errno;
	return rc;
}

/* Returns -ESRCH for a thread that has ended. */
static int attach_thread(struct perf *perf, pid_t tid)
{
	const struct cpu_rings *rings = perf->rings;

	for (size_t cpu = 0; cpu < rings->n_cpus; cpu++)
		for (int what = 0; what < EVENTS && !rings->cpus[cpu].left_out; what++) {
			int fd = open_event(perf, what, tid, cpu);
			int rc = fd < 0 ? fd : add_event(perf, ring_of(what), cpu, fd);

			/* Such a CPU is off. */
			if (rc && rc != -ENODEV && rc != -ENXIO)
				return rc;
		}
	return 0;
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

int perf_attach(struct perf *perf, pid_t pid)
{
	int rc = attach(perf, pid);

	while (rc == -ENOBUFS && !perf->settled && perf->rings[SAMPLES].bytes > RING_RECORD_MAX) {
		const size_t bytes = perf->rings[SAMPLES].bytes / 2;

		for (int kind = 0; kind < KINDS; kind++)
			rings_shrink(&perf->rings[kind], bytes_of(kind, bytes));
		rc = attach(perf, pid);
	}
	perf->settled |= !rc;
	if (rc)
		complain_of_events(pid, rc);
	return rc ? -1 : 0;
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

	for (int kind = 0; kind < KINDS; kind++)
		for (size_t cpu = 0; cpu < perf->rings[kind].n_cpus; cpu++) {
			struct ring *ring = &perf->rings[kind].cpus[cpu].ring;

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
	for (int kind = 0; kind < KINDS; kind++)
		for (size_t cpu = 0; cpu < perf->rings[kind].n_cpus; cpu++)
			if (perf->rings[kind].cpus[cpu].ring.page)
				ring_update(&perf->rings[kind].cpus[cpu].ring);
	while ((ring = oldest(perf, until))) {
		perf->lost += perf_record_give(perf->ops, ring_next(ring));
		ring_advance(ring);
	}
}
