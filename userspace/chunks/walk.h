/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_WALK_H
#define BRKWATCH_HEAP_WALK_H

#include "chunks/memory.h"

/*
 * The chunks of glibc's malloc, one behind the other. Each begins with the size of the one before,
 * which counts only where that is free, and with its own, whose low bits are flags.
 */
#define CHUNK_HEADER	(2 * sizeof(size_t))
#define CHUNK_MIN	(4 * sizeof(size_t))
#define CHUNK_ALIGN	16ul

/* The first place from @address on where one may be: what is behind its header is aligned. */
static inline uint64_t chunk_place(uint64_t address)
{
	return ((address + CHUNK_HEADER + CHUNK_ALIGN - 1) & ~(uint64_t)(CHUNK_ALIGN - 1)) - CHUNK_HEADER;
}

enum chunk_flags { CHUNK_PREV_USED = 1, CHUNK_MAPPED = 2, CHUNK_ARENA = 4, CHUNK_FLAGS = 7 };

enum chunk_state {
	CHUNK_USED,		/* or freed into a tcache or a fastbin, which headers do not tell */
	CHUNK_FREE,
	CHUNK_TOP,
	CHUNK_FENCE,		/* what malloc leaves where it could not go on behind it */
};

struct chunk {
	uint64_t address;	/* of the header */
	uint64_t size;		/* header included */
	enum chunk_state state;
};

enum walk_result {
	WALK_SOUND,		/* the last chunk ends exactly at the end */
	WALK_RACED,		/* the heap was changed faster than it was read */
	WALK_NO_CHUNK,		/* there is no header of glibc's */
	WALK_BROKEN,		/* the chunk and the header behind it say different things */
	WALK_FOREIGN,		/* there are fenceposts: what follows somebody else got by sbrk() */
	WALK_SWAPPED,		/* the page is swapped out, and was not brought in */
	WALK_UNTOUCHED,		/* the page was never written to, or was given back */
	WALK_UNREADABLE,
};

#define WALK_WINDOW (256ul * 1024)

struct walk {
	const struct memory *mem;
	bool main;		/* the main arena's heap, at the break */
	uint64_t end;
	/* Where the end is now: it may have moved. NULL: where it was. */
	uint64_t (*find_end)(void *owner);
	void (*visit)(void *owner, const struct chunk *chunk);
	void *owner;
	unsigned int tries;	/* at a place; 1: the process is stopped */

	uint64_t at;		/* first where to begin, then how far it came */
	uint64_t place;		/* of the header that is in question, there or behind */
	uint64_t word;		/* the size that the header at @at has */
	unsigned int repeats;	/* how often something was read again */
	int error;		/* of WALK_UNREADABLE */
};

/* Visit all chunks, the lowest first. WALK_RACED is for the caller to find out. */
enum walk_result walk_chunks(struct walk *walk);

#endif
