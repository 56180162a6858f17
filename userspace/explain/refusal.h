/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "explain/proc-pid.h"
#include "explain/sentences.h"

struct refusal {
	struct prose *prose;
	const struct explain_how *how;
	const struct brkwatch_snapshot *snap;
	pid_t pid;
	pid_t task;		/* see live_task(); what its files say counts once live_is_same() */
	uint64_t request;
	uint64_t old;
	uint64_t limit;		/* the evidence, of then; 0: not known */
	uint64_t needed;
};

static inline struct number refusal_size(const struct refusal *r, uint64_t size)
{
	return prose_size(size, r->how->bytes);
}

/*
 * Explain why a call was refused, with the numbers of that moment if they are known, and what helps.
 * For current numbers it says "now".
 */
void refusal_explain(struct prose *prose, const struct explain_how *how, const struct brkwatch_snapshot *snap,
		     struct brkwatch_event *ev);

/* A refusal for lack of memory: overcommit policy, the number of mappings, or no page left. */
void explain_no_memory(const struct refusal *r);
