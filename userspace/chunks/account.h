/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_ACCOUNT_H
#define BRKWATCH_HEAP_ACCOUNT_H

#include "chunks/walk.h"

/* What the chunks add up to. */

struct amount {
	uint64_t chunks, bytes;
};

struct sums {
	struct amount used, free, top;
	uint64_t largest_free;
	uint64_t trimmable;		/* whole pages that malloc_trim(3) would give back */
	uint64_t trimmable_resident;	/* and that are in memory */
	uint64_t pinned;		/* free below the last one in use */
	struct chunk last_used;		/* of size 0: there is none */
};

/* By powers of two. */
#define BUCKETS 64

struct bucket {
	struct amount used, free;
};

/* A part of the heap in its picture. */
struct cell {
	uint64_t used, free, top;
};

struct size_count {
	uint64_t size, chunks;
};

/* How often each size is in use; a size of 0 is a free place. */
struct size_table {
	struct size_count *counts;
	size_t n, room;
};

#define TABLES_MAX 16

struct account {
	const struct memory *mem;
	struct sums sums;
	struct bucket buckets[BUCKETS];
	/* The chunk in which @wanted lies, if it is found. */
	uint64_t wanted;
	struct chunk found;
	/* The cells are of @cell_size bytes, from @start on. */
	struct cell *cells;
	size_t n_cells;
	uint64_t start, cell_size;
	/* The @n_largest, in no order, and how common sizes are. */
	struct chunk *largest;
	size_t n_largest;
	struct size_table sizes;
	bool no_memory;
	/* Where glibc's table of freed chunks may be. */
	struct chunk tables[TABLES_MAX];
	size_t n_tables;
};

/* Forget all chunks; what is wanted stays. */
void account_reset(struct account *account, uint64_t start, uint64_t end);
void account_add(struct account *account, const struct chunk *chunk);

/* Largest first, most common first. */
void account_sort(struct account *account);

#endif
