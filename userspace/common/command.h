/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/complain.h"

/* A command that is run to be followed. */
struct launch {
	pid_t pid;
	bool held;	/* it has its address space, but has not begun */
};

/*
 * Start it, and hold it before its first instruction where that is possible: ptrace(2) may be
 * forbidden, then it runs. Returns 0 or, after a complaint, the exit status that stands for why
 * it could not be started.
 */
int launch_start(struct launch *launch, char *const *command);

/* Let it run. It is not traced any more. */
void launch_release(struct launch *launch);

bool launch_ended(const struct launch *launch);

/* Once it has ended: its exit status, or 128 and the number of the signal that ended it. */
int launch_status(const struct launch *launch);
