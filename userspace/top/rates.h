/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PROCESSES_H
#define BRKWATCH_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/cli.h"
#include "common/choose-processes.h"

#define PROCESS_NAME_MAX 64

/* A row of /proc/brkwatch/all, and how fast it has changed since the reading before. */
struct process {
	pid_t pid;
	char name[PROCESS_NAME_MAX];	/* escaped, as in /proc/PID/status */
	uint64_t space;		/* 0: not known */
	uint64_t start_brk;
	uint64_t brk;
	uint64_t heap_bytes;
	uint64_t peak_bytes;
	uint64_t calls;
	uint64_t refused;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t last_event_ns;

	bool rated;			/* the address space was there at the reading before */
	int64_t growth_per_s;		/* bytes by which the heap has changed, a second */
	uint64_t calls_per_s;
};

/* All processes that are selected, by number. Zeroed at first. */
struct processes {
	struct process *list;
	size_t n, room;
	uint64_t time_ns;		/* of this reading, CLOCK_MONOTONIC */
	uint64_t heap_bytes;		/* of all together */

	/* private: the reading before */
	struct process *old;
	size_t old_n, old_room;
	uint64_t old_time_ns;
};

/*
 * Read them anew. Returns 0, a negative errno, or -EPROTO where the text makes no sense; then
 * nothing of it may be used.
 */
int processes_read(struct processes *ps, const struct options *opts, const struct selection *sel);

/* Say why they could not be read. */
void processes_complain(const struct options *opts, int error);

/* Whether @later is still the address space that @earlier was. */
bool process_goes_on(const struct process *earlier, const struct process *later);

void processes_free(struct processes *ps);

#endif
