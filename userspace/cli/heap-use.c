// SPDX-License-Identifier: GPL-2.0
#include "chunks/examine.h"
#include "cli/heap-use.h"
#include "common/complain.h"

/* Smaller ones are not worth the time, and larger ones take too much of it: some 0.3 s for each GiB. */
#define LARGE (16ull << 20)
#define HUGE (4ull << 30)

void heap_use_read(struct heap_use *use, const struct explain_how *how, const struct brkwatch_snapshot *snap)
{
	struct space space = { .pid = (pid_t)snap->pid, .bw = how->bw };
	struct reading reading = { .space = &space };

	*use = (struct heap_use){ .free = 0 };
	if (snap->heap_bytes < LARGE || snap->heap_bytes > HUGE || !can_be_asked(how, snap))
		return;
	space.reader = needed(brkwatch_reader_new());
	/* Whoever may not read the memory, or has another malloc, gets the rest all the same. */
	if (!reading_take_sums(&reading) && reading.result == WALK_SOUND && live_is_same(how, snap)) {
		use->free = reading.account.sums.free.bytes + reading.account.sums.top.bytes;
		use->pinned = reading.account.sums.pinned;
	}
	reading_free(&reading);
	brkwatch_reader_free(space.reader);
}
