/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/complain.h"

/* A command that runs in order to be followed. */
struct launch {
	pid_t pid;
	bool held;	/* it has its address space, but has not begun */
	uint64_t oom_kills;	/* of our memory cgroup, when it began */
};

/* How often a memory cgroup has killed: that of whose /proc/PID/cgroup this is, which is closed. Or NULL: 0. */
uint64_t oom_kills(FILE *cgroup);

/*
 * Start it, and hold it before its first instruction. Where ptrace(2) is forbidden, it runs, or is not
 * started if it @must be held. Returns 0 or, after a complaint, the exit status that says why it could
 * not be started.
 */
int launch_start(struct launch *launch, char *const *command, bool must);

/* Let it run, and stop tracing it. */
void launch_release(struct launch *launch);

bool launch_ended(const struct launch *launch);

/*
 * Wait until it ends. Returns its exit status, or 128 plus the number of the signal that ended it. Says
 * so if seccomp or the memory cgroup killed it, of which no event tells.
 */
int launch_status(const struct launch *launch);
