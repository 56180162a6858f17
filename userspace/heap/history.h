/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "chunks/space.h"

/* How the page of an address came into the heap, as the module has it. */
struct origin {
	uint64_t space, seq;		/* of the event; 0: the page was there before all that are kept */
	uint64_t moved_over;		/* event by which prctl moved the break over it, or 0 */
	uint64_t time_ns, tid, bytes;
	char kind[16];
	uint64_t since;			/* when the record begins, */
	uint64_t dropped, oldest_ns;	/* how many events are not kept, and when the oldest was that is */
};

/* Returns 0 or a negative errno: -ENOENT if the module is not loaded. */
int history_find(struct origin *origin, const struct space *space, uint64_t address);
