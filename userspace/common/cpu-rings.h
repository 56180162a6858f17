/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <sys/types.h>

#include "common/perf-ring.h"

/* The buffers of perf events. Those that children write to, too, have to be of one CPU each. */
struct cpu_rings {
	size_t bytes;		/* of each */
	size_t n_cpus;
	struct cpu_ring {
		bool left_out;
		int fd;		/* of the event that has the ring, or -1 */
		struct ring ring;
	} *cpus;
	int *fds;		/* of other events, which write to the same rings */
	size_t n_fds, fds_room;
	bool old_kernel;	/* has no inherit_thread */
	bool settled;		/* they are in use */
};

/* What one can have, between @least and @most, so that all together have no more than @all. */
size_t rings_share(size_t most, size_t least, size_t all);

void rings_init(struct cpu_rings *rings, size_t bytes);
void rings_free(struct cpu_rings *rings);

/*
 * Open an event of a thread, and of the threads that it begins from then on; with @forks also of the processes. Its
 * times are of CLOCK_MONOTONIC. Returns a descriptor or a negative errno.
 */
int rings_event(struct cpu_rings *rings, struct perf_event_attr *attr, bool forks, pid_t tid, size_t cpu);

/* Have an event write to the ring of its CPU; it is closed with that. Returns 0 or a negative errno. */
int rings_add(struct cpu_rings *rings, size_t cpu, int fd);

/*
 * Close all, and begin again, after rings_add() has returned -ENOBUFS: with smaller rings more is lost, which
 * is better than to have none. CPUs that are off are left out, as what may be locked is so much for each other.
 */
void rings_shrink(struct cpu_rings *rings, size_t bytes);

/*
 * Have @open open the events of a thread for each CPU, and add them. As long as no others are in use, there may be
 * smaller rings, down to @least. Returns what @open does, but 0 of a thread that has ended.
 */
int rings_attach(struct cpu_rings *rings, pid_t tid, size_t least,
		 int (*open)(void *owner, pid_t tid, size_t cpu), void *owner);

/* Say why there are no events of a process or thread. */
void complain_of_events(pid_t pid, int error);
