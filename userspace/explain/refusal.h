/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_REFUSAL_H
#define BRKWATCH_REFUSAL_H

#include "cli/cli.h"
#include "libbrkwatch/event.h"
#include "explain/sentences.h"
#include "libbrkwatch/process-file.h"

/* What stood in the way of a refused call, with the numbers as they are now, and what helps. */
void refusal_explain(struct prose *prose, const struct options *opts, const struct snapshot *snap,
		     struct event *ev);

#endif
