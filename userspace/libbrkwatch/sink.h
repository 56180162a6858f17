/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/internal.h"

struct brkwatch_process {
	struct brkwatch_snapshot snap;	/* of the address space it has or had last; none: space 0 */
	struct brkwatch_totals totals;	/* of those before */
	pid_t parent;			/* of one that was found by its fork */
	void *data;			/* the sink's own */
};

/* Whom a source tells. */
struct listener {
	struct brkwatch_sink sink;
	void *owner;
};

/* tell(listener, start, process) */
#define tell(to, what, ...) \
	do { \
		if ((to)->sink.what) \
			(to)->sink.what((to)->owner, __VA_ARGS__); \
	} while (0)

static inline int tell_event(const struct listener *to, struct brkwatch_process *process,
			     struct brkwatch_event *event)
{
	return to->sink.event ? to->sink.event(to->owner, process, event) : 0;
}

static inline bool tell_done(const struct listener *to, struct brkwatch_process *process, bool ended)
{
	return to->sink.done && to->sink.done(to->owner, process, ended);
}
