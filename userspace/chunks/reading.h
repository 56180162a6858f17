/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_READING_H
#define BRKWATCH_HEAP_READING_H

#include "chunks/account.h"
#include "chunks/space.h"
#include "chunks/tcache.h"

/* An arena that threads allocate from; it has heaps of its own. */
struct arena {
	uint64_t address;
	size_t n_heaps;
	uint64_t bytes;
	bool sound;
	struct sums sums;
};

/* What was found at one time. */
struct reading {
	struct space *space;
	struct memory mem;
	struct account account;
	enum walk_result result;
	struct tcache tcache;
	uint64_t start_brk, brk;
	uint64_t foreign;	/* bytes below the first chunk that are not malloc's */
	uint64_t at, place, word;	/* how far the walk came: as in struct walk */
	int error;
	unsigned int repeats;	/* how often something was read again */
	uint64_t resident;
	struct arena *arenas;
	size_t n_arenas;
	/* Of the chunk that the break cannot go below. */
	size_t words[4];
	size_t n_words;
	/* The chunk with the address that is wanted. */
	uint64_t wanted;
	struct chunk found;
};

#endif
