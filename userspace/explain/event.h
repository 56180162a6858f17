/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_EXPLAIN_H
#define BRKWATCH_EXPLAIN_H

#include "common/output.h"
#include "explain/proc-pid.h"
#include "explain/sentences.h"

/* What an event means; false where it is malformed. Empty for an unknown kind. */
bool explain_text(struct prose *prose, const struct explain_how *how, const struct brkwatch_snapshot *snap,
		  struct brkwatch_event *ev);

/*
 * Put below an event what it means, for people who want to learn what malloc does. Nothing is
 * put for an event that turns out to be malformed.
 */
void explain_event(struct outbuf *out, const struct explain_how *how, const struct brkwatch_snapshot *snap,
		   struct brkwatch_event *ev);

#endif
