/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_EXPLAIN_H
#define BRKWATCH_EXPLAIN_H

#include "cli/cli.h"
#include "libbrkwatch/event.h"
#include "common/output.h"
#include "explain/sentences.h"
#include "libbrkwatch/process-file.h"

/* What an event means; false where it is malformed. Empty for an unknown kind. */
bool explain_text(struct prose *prose, const struct options *opts, const struct snapshot *snap,
		  struct event *ev);

/*
 * Put below an event what it means, for people who want to learn what malloc does. Nothing is
 * put for an event that turns out to be malformed.
 */
void explain_event(struct outbuf *out, const struct options *opts, const struct snapshot *snap,
		   struct event *ev);

#endif
