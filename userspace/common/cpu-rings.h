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
};

/* What one can have, between @least and @most, so that all together have no more than @all. */
size_t rings_share(size_t most, size_t least, size_t all);

void rings_init(struct cpu_rings *rings, size_t bytes);
void rings_free(struct cpu_rings *rings);

/* Have an event write to the ring of its CPU; it is closed with that. Returns 0 or a negative errno. */
int rings_add(struct cpu_rings *rings, size_t cpu, int fd);

/*
 * Close all, and begin again, after rings_add() has returned -ENOBUFS: with smaller rings more is lost, which
 * is better than to have none. CPUs that are off are left out, as what may be locked is so much for each other.
 */
void rings_shrink(struct cpu_rings *rings, size_t bytes);

/* Say why there are no events of a process or thread. */
void complain_of_events(pid_t pid, int error);
