/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "explain/proc-pid.h"

#define NOTES_MAX 5

/*
 * What stands beside brk: by it malloc fails, or a process is killed, though no call of brk was
 * refused.
 */
struct notes {
	bool known;
	size_t n;
	struct note {
		const char *name;
		const char *advice;
		char text[192];
	} notes[NOTES_MAX];
};

/* Nothing is known of a process that has ended, or has another program, or was recorded. */
void notes_read(struct notes *notes, const struct explain_how *how,
		const struct brkwatch_snapshot *snap);

/* As sentences, each with what helps. */
void notes_explain(const struct notes *notes, struct outbuf *out);

/* How often a memory cgroup has killed; that of @process, which is a number or "self". */
uint64_t oom_kills(const struct explain_how *how, const char *process);
