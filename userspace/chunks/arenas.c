// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chunks/arenas.h"
#include "chunks/ranges.h"

/*
 * What such a heap begins with, on a multiple of ARENA_ALIGN. In the first one of an arena the arena
 * follows. Since glibc 2.35 there is one member more.
 */
struct heap_info {
	size_t arena;
	size_t prev;		/* another heap of the arena */
	size_t size;
	size_t mapped;
	size_t page_size;
};

static const unsigned int info_sizes[] = { 4 * sizeof(size_t), 6 * sizeof(size_t) };

/* Until glibc 2.42, and without its fastbins since 2.43. */
static const unsigned int arena_sizes[] = {
	sizeof(size_t) == 8 ? 2200 : 1116,
	sizeof(size_t) == 8 ? 2112 : 1068,
};

struct search {
	struct reading *reading;
	unsigned int tries;
	int rc;
};

static struct arena *find_arena(struct reading *reading, uint64_t address)
{
	struct arena *arenas;

	for (size_t i = 0; i < reading->n_arenas; i++)
		if (reading->arenas[i].address == address)
			return &reading->arenas[i];
	arenas = realloc(reading->arenas, (reading->n_arenas + 1) * sizeof(*arenas));
	if (!arenas)
		return NULL;
	reading->arenas = arenas;
	arenas[reading->n_arenas] = (struct arena){ .address = address, .sound = true };
	return &arenas[reading->n_arenas++];
}

static void sums_add(struct sums *to, const struct sums *sums)
{
	to->used.chunks += sums->used.chunks;
	to->used.bytes += sums->used.bytes;
	to->free.chunks += sums->free.chunks;
	to->free.bytes += sums->free.bytes;
	to->top.chunks += sums->top.chunks;
	to->top.bytes += sums->top.bytes;
	to->trimmable += sums->trimmable;
	if (sums->largest_free > to->largest_free)
		to->largest_free = sums->largest_free;
}

static uint64_t heap_end(const struct memory *mem, uint64_t heap)
{
	struct heap_info info = { 0 };

	return memory_read(mem, heap, &info, sizeof(info)) ? 0 : heap + info.size;
}

struct heap_walk {
	struct account account;
	uint64_t heap;
};

static void visit(void *owner, const struct chunk *chunk)
{
	struct heap_walk *walk = owner;

	account_add(&walk->account, chunk);
}

static uint64_t find_end(void *owner)
{
	const struct heap_walk *walk = owner;

	return heap_end(walk->account.mem, walk->heap);
}

/* Returns whether the walk is sound. */
static bool walk_heap(struct search *search, uint64_t heap, uint64_t first, struct account *account)
{
	struct heap_walk owner = {
		.account = { .mem = &search->reading->mem, .wanted = search->reading->wanted },
		.heap = heap,
	};
	struct walk walk = {
		.mem = &search->reading->mem, .end = heap_end(&search->reading->mem, heap),
		.find_end = find_end, .visit = visit, .owner = &owner, .tries = search->tries, .at = first,
	};
	enum walk_result result;

	account_reset(&owner.account, heap, walk.end);
	result = walk_chunks(&walk);
	search->reading->repeats += walk.repeats;
	*account = owner.account;
	return result == WALK_SOUND;
}

static bool walk_any(struct search *search, uint64_t heap, const struct heap_info *info,
		     struct account *account)
{
	/* Where the arena is elsewhere, its own heap says how long this one's beginning is. */
	uint64_t head = info->arena % ARENA_ALIGN;

	if (info->prev)
		return walk_heap(search, heap, heap + head, account);
	for (size_t i = 0; i < sizeof(arena_sizes) / sizeof(arena_sizes[0]); i++)
		for (unsigned int tries = 0; tries < 3; tries++)
			if (walk_heap(search, heap, chunk_place(info->arena + arena_sizes[i]), account))
				return true;
	return false;
}

static bool is_heap(const struct heap_info *info, uint64_t heap, uint64_t page_size)
{
	uint64_t head = info->arena % ARENA_ALIGN;

	return (head == info_sizes[0] || head == info_sizes[1]) &&
	       (info->arena - head == heap) == !info->prev && info->prev % ARENA_ALIGN == 0 &&
	       info->size && info->size <= info->mapped && info->mapped <= ARENA_ALIGN &&
	       info->size % page_size == 0 && info->mapped % page_size == 0;
}

static void add_heap(struct search *search, uint64_t heap)
{
	struct reading *reading = search->reading;
	struct account account;
	struct heap_info info = { 0 };
	struct arena *arena;

	if (memory_present(&reading->mem, heap, sizeof(info)) < sizeof(info) ||
	    memory_read(&reading->mem, heap, &info, sizeof(info)) ||
	    !is_heap(&info, heap, reading->mem.page_size))
		return;
	arena = find_arena(reading, info.arena);
	if (!arena) {
		search->rc = -ENOMEM;
		return;
	}
	arena->n_heaps++;
	arena->bytes += info.size;
	if (!walk_any(search, heap, &info, &account))
		arena->sound = false;
	sums_add(&arena->sums, &account.sums);
	if (account.found.size)
		reading->found = account.found;
}

static bool take_range(void *owner, const struct range *range)
{
	uint64_t heap = (range->start + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	struct search *search = owner;

	/* glibc may have given them a name. */
	if (range->writable && range->anonymous &&
	    (!*range->name || !strncmp(range->name, "[anon", strlen("[anon"))))
		for (; heap && heap < range->end; heap += ARENA_ALIGN)
			add_heap(search, heap);
	return !search->rc;
}

int arenas_read(struct reading *reading, bool stopped)
{
	struct search search = { reading, stopped ? 1 : 20, 0 };
	int rc;

	free(reading->arenas);
	reading->arenas = NULL;
	reading->n_arenas = 0;
	rc = ranges_each(reading->space->pid, take_range, &search);
	return search.rc ?: rc;
}
