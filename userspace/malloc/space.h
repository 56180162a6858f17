/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "malloc/call.h"

/* What a kind of memory has come to. */
struct tally {
	uint64_t calls, refused;
	uint64_t mapped, unmapped;	/* bytes */
	uint64_t held, most;		/* now, and at one time */
};

struct segment {
	uint64_t start, end;
	uint64_t usable;		/* up to there it can be accessed, as far as it is known: see space_usable() */
	uint64_t since;			/* when the call that mapped it had ended */
	struct what what;
};

/* An address space as its calls have made it. */
struct space {
	/* Highest first: a new one mostly is the lowest of those that are above the heap. */
	struct segment *segments;
	size_t n, room;
	uint64_t page_size;
	uint64_t heap_start, brk;
	uint64_t heap_other;		/* what no call has mapped of what is between the two */
	bool heap_read;			/* they are from a look at the process, and may be newer than the next call */
	uint64_t total, most;
	struct tally tally[KINDS];
	bool loading;			/* the loader is at work, and the program has not begun */
};

void space_init(struct space *space);
void space_free(struct space *space);
void space_copy(struct space *to, const struct space *from);

/* It is not known what is there. What was counted stays. */
void space_forget(struct space *space);

/* What was there before the first call. It counts as held, but not as mapped. */
void space_add(struct space *space, uint64_t start, uint64_t end, struct what what);
void space_add_heap(struct space *space, uint64_t start, uint64_t brk);

/* How much of what a kind holds can be accessed. Of arenas that differs: they grow in what they have reserved. */
uint64_t space_usable(const struct space *space, enum kind kind);

/* The file that is mapped there, and how far from where that begins. NULL: none. */
const char *space_file(const struct space *space, uint64_t address, uint64_t *offset);

/* Say what @call is about, and what comes of it. */
void space_take(struct space *space, struct call *call);
