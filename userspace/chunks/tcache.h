/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_TCACHE_H
#define BRKWATCH_HEAP_TCACHE_H

#include "chunks/walk.h"

/* Chunks that a thread has freed and keeps for itself; their headers say that they are in use. */
struct tcache {
	bool found;
	uint64_t bytes, chunks;	/* of those from @start to @end */
	uint64_t table;		/* the chunk that says which */
	bool has_last;		/* the chunk at @last is one of them */
};

/* Whether a chunk has the size that glibc's table of a thread's cache has, in one of its versions. */
bool tcache_may_be(uint64_t size, bool first);

/*
 * Look whether the table is in the chunk at @address, and count what it has between @start and @end.
 * What changes meanwhile is not found.
 */
bool tcache_read(struct tcache *tcache, const struct memory *mem, const struct chunk *table,
		 uint64_t start, uint64_t end, uint64_t last);

#endif
