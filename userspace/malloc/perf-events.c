// SPDX-License-Identifier: GPL-2.0
/*
 * What threads do besides the calls that are shown: which files they map, and with --malloc in which of its functions
 * they are. For all of it there is one buffer for each processor, as there is a limit for them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/program.h"
#include "malloc/live.h"
#include "malloc/run.h"

/* Of one CPU; and of all of them, where they are many. With calls of malloc so many times as much. */
#define RING_BYTES	((size_t)1 << 20)
#define RING_LEAST	((size_t)256 << 10)
#define RINGS_ALL	((size_t)64 << 20)
#define TIMES_REQUESTS	4

/* Each time there may be threads that have begun meanwhile, but soon hardly any. */
#define ATTACH_TRIES	8

/* A command has no library yet: it will have the same as we have. */
static void find_library(void *owner, void *entry)
{
	struct owner *process = entry;
	struct run *run = owner;

	process->library = requests_library(run->requests, run->launch ? 0 : (pid_t)process->entry.pid);
	run->probed += !!process->library;
}

struct attaching {
	struct run *run;
	const struct library *library;
};

static int add_events(void *owner, pid_t tid, size_t cpu)
{
	const struct attaching *a = owner;
	struct run *run = a->run;
	const int rc = names_add(&run->rings, run->children, tid, cpu);

	if (rc || !a->library)
		return rc;
	return requests_add(run->requests, &run->rings, run->children, a->library, tid, cpu);
}

static void attach(void *owner, void *entry)
{
	struct run *run = owner;
	struct task *task = entry;
	const struct owner *process = pid_find(&run->owners, task->process);
	struct attaching attaching = { run, process ? process->library : NULL };
	int rc;

	if (task->attached || run->deaf)
		return;
	task->attached = true;
	rc = rings_attach(&run->rings, (pid_t)task->entry.pid, (size_t)sysconf(_SC_PAGESIZE), add_events, &attaching);
	if (rc)
		complain_of_events((pid_t)task->entry.pid, rc);
	run->deaf = rc;
}

static bool attach_all(struct run *run, const pid_t *pids, size_t n)
{
	const size_t times = run->live->requests ? TIMES_REQUESTS : 1;
	size_t known = 0;

	rings_init(&run->rings, rings_share(times * RING_BYTES, RING_LEAST, times * RINGS_ALL));
	/* One for each thread and CPU; with requests two more for each function. */
	raise_file_limit();
	if (run->live->requests) {
		run->requests = requests_open();
		if (!run->requests)
			return false;
		/* What one process is without was said; that there is none is said later. */
		pid_visit(&run->owners, find_library, run);
		if (!run->probed && run->owners.n)
			return false;
	}
	/* Threads may begin meanwhile; those of one that is attached are, too. */
	for (int i = 0; i < ATTACH_TRIES && run->tasks.n != known && !run->deaf; i++) {
		known = run->tasks.n;
		pid_visit(&run->tasks, attach, run);
		free(run_list_tasks(run, pids, n));
	}
	if (run->deaf && run->requests)
		return false;
	if (run->deaf)
		warn_user("names of mapped files will be missing");
	return true;
}

bool run_attach(struct run *run, const pid_t *pids, size_t n)
{
	if (!attach_all(run, pids, n) || !trace_start(run->trace))
		return false;
	/* Of what begins now there are events. */
	free(run_list_tasks(run, pids, n));
	pid_visit(&run->tasks, attach, run);
	return true;
}

static void take(struct run *run, const struct perf_event_header *header, uint64_t time_ns)
{
	switch (header->type) {
	case PERF_RECORD_MMAP2:
		names_take(&run->names, header, time_ns);
		break;
	case PERF_RECORD_SAMPLE:
		requests_take(run->requests, header);
		break;
	case PERF_RECORD_LOST:
		run->unheard += ((const uint64_t *)(header + 1))[1];
		if (run->requests)
			requests_lose(run->requests);
		break;
	}
}

void run_listen(struct run *run)
{
	run->names.pass++;
	for (size_t cpu = 0; cpu < run->rings.n_cpus; cpu++) {
		struct ring *ring = &run->rings.cpus[cpu].ring;
		uint64_t time_ns;

		if (!ring->page)
			continue;
		ring_update(ring);
		while (ring_next_time(ring, &time_ns)) {
			take(run, ring_next(ring), time_ns);
			ring_advance(ring);
		}
	}
}

void run_detach(struct run *run)
{
	rings_free(&run->rings);
	if (run->requests)
		requests_close(run->requests);
	names_free(&run->names);
}
