/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_REFUSAL_H
#define BRKWATCH_REFUSAL_H

#include "explain/proc-pid.h"
#include "explain/sentences.h"

/* What stood in the way of a refused call, with the numbers as they are now, and what helps. */
void refusal_explain(struct prose *prose, const struct explain_how *how, const struct brkwatch_snapshot *snap,
		     struct brkwatch_event *ev);

#endif
