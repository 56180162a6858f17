/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/choose-processes.h"
#include "common/complain.h"
#include "malloc/timeline.h"

/* A source: the calls of processes from now on, by the kernel's tracepoints and the module's. */
struct live {
	const struct brkwatch *bw;
	struct timeline *timeline;
	const struct selection *selection;
	char *const *command;		/* or NULL: those of the selection */
	bool children;
	bool requests;			/* also what malloc was asked for */
	uint64_t duration_ms;		/* 0: no end */
	/* The command could be started; or the processes are there. False, after a complaint: end. */
	bool (*begin)(void *owner);
	void *owner;
};

/* Whether they were followed. @status becomes that of the command, or says why that could not be started. */
bool live_run(const struct live *live, enum exit_status *status);
