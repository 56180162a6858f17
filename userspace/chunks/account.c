// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "chunks/account.h"
#include "chunks/tcache.h"

void account_reset(struct account *account, uint64_t start, uint64_t end)
{
	account->sums = (struct sums){ .pinned = 0 };
	memset(account->buckets, 0, sizeof(account->buckets));
	account->found = (struct chunk){ .size = 0 };
	account->start = start;
	account->n_tables = 0;
	if (account->n_cells) {
		uint64_t parts = account->n_cells * CHUNK_ALIGN;

		account->cell_size = ((end - start) / parts + 1) * CHUNK_ALIGN;
		memset(account->cells, 0, account->n_cells * sizeof(*account->cells));
	}
	if (account->n_largest)
		memset(account->largest, 0, account->n_largest * sizeof(*account->largest));
	if (account->sizes.room)
		memset(account->sizes.counts, 0, account->sizes.room * sizeof(*account->sizes.counts));
	account->sizes.n = 0;
}

static void amount_add(struct amount *amount, uint64_t size)
{
	amount->chunks++;
	amount->bytes += size;
}

/*
 * As malloc_trim(3) has it: the pages of a free chunk but for the first, as far as that has what
 * malloc keeps in it.
 */
static void add_trimmable(struct account *account, const struct chunk *chunk)
{
	const uint64_t page = account->mem->page_size, kept = 6 * sizeof(size_t);
	uint64_t start = (chunk->address + kept + page - 1) & ~(page - 1);
	uint64_t end = (chunk->address + chunk->size) & ~(page - 1);

	if (end <= start)
		return;
	account->sums.trimmable += end - start;
	account->sums.trimmable_resident += memory_resident(account->mem, start, end);
}

static void add_cells(struct account *account, const struct chunk *chunk)
{
	uint64_t at = chunk->address - account->start, end = at + chunk->size;

	while (at < end) {
		size_t i = (size_t)(at / account->cell_size);
		uint64_t next = (i + 1) * account->cell_size, part = (end < next ? end : next) - at;

		/* The heap may have grown since. */
		if (i >= account->n_cells)
			break;
		if (chunk->state == CHUNK_FREE)
			account->cells[i].free += part;
		else if (chunk->state == CHUNK_TOP)
			account->cells[i].top += part;
		else
			account->cells[i].used += part;
		at += part;
	}
}

static struct size_count *find_size(struct size_count *counts, size_t room, uint64_t size)
{
	size_t i = (size_t)(size / CHUNK_ALIGN * 0x9e3779b97f4a7c15) & (room - 1);

	while (counts[i].size && counts[i].size != size)
		i = (i + 1) & (room - 1);
	return &counts[i];
}

static bool sizes_grow(struct size_table *sizes)
{
	size_t room = sizes->room ? 2 * sizes->room : 1024;
	struct size_count *counts = calloc(room, sizeof(*counts));

	if (!counts)
		return false;
	for (size_t i = 0; i < sizes->room; i++)
		if (sizes->counts[i].size)
			*find_size(counts, room, sizes->counts[i].size) = sizes->counts[i];
	free(sizes->counts);
	sizes->counts = counts;
	sizes->room = room;
	return true;
}

static void add_size(struct account *account, uint64_t size)
{
	struct size_table *sizes = &account->sizes;
	struct size_count *count;

	if (2 * sizes->n >= sizes->room && !sizes_grow(sizes)) {
		account->no_memory = true;
		return;
	}
	count = find_size(sizes->counts, sizes->room, size);
	if (!count->size)
		sizes->n++;
	count->size = size;
	count->chunks++;
}

/* The smallest of the largest, at the front of a heap, makes room. */
static void add_largest(struct account *account, const struct chunk *chunk)
{
	struct chunk *heap = account->largest;
	size_t i = 0, child;

	if (chunk->size <= heap[0].size)
		return;
	while ((child = 2 * i + 1) < account->n_largest) {
		if (child + 1 < account->n_largest && heap[child + 1].size < heap[child].size)
			child++;
		if (chunk->size <= heap[child].size)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = *chunk;
}

static void add_used(struct account *account, const struct chunk *chunk)
{
	struct sums *sums = &account->sums;

	if (tcache_may_be(chunk->size, !sums->used.chunks && !sums->free.chunks) &&
	    account->n_tables < TABLES_MAX)
		account->tables[account->n_tables++] = *chunk;
	amount_add(&sums->used, chunk->size);
	sums->last_used = *chunk;
	sums->pinned = sums->free.bytes;
	if (account->n_largest) {
		add_largest(account, chunk);
		add_size(account, chunk->size);
	}
}

static void add_free(struct account *account, const struct chunk *chunk)
{
	struct sums *sums = &account->sums;

	amount_add(&sums->free, chunk->size);
	if (chunk->size > sums->largest_free)
		sums->largest_free = chunk->size;
	add_trimmable(account, chunk);
}

void account_add(struct account *account, const struct chunk *chunk)
{
	struct bucket *bucket = &account->buckets[63 - __builtin_clzll(chunk->size)];
	struct sums *sums = &account->sums;

	switch (chunk->state) {
	case CHUNK_USED:
		add_used(account, chunk);
		amount_add(&bucket->used, chunk->size);
		break;
	case CHUNK_FREE:
		add_free(account, chunk);
		amount_add(&bucket->free, chunk->size);
		break;
	case CHUNK_TOP:
		amount_add(&sums->top, chunk->size);
		break;
	case CHUNK_FENCE:
		/* Nobody can have it. */
		sums->used.bytes += chunk->size;
		break;
	}
	if (account->n_cells)
		add_cells(account, chunk);
	if (account->wanted - chunk->address < chunk->size)
		account->found = *chunk;
}

static int by_size(const void *a, const void *b)
{
	const struct chunk *one = a, *two = b;

	if (one->size != two->size)
		return one->size < two->size ? 1 : -1;
	return one->address < two->address ? -1 : one->address > two->address;
}

static uint64_t bytes_of(const struct size_count *count)
{
	return count->size * count->chunks;
}

static int by_bytes(const void *a, const void *b)
{
	const struct size_count *one = a, *two = b;

	if (one->chunks != two->chunks)
		return one->chunks < two->chunks ? 1 : -1;
	return bytes_of(one) < bytes_of(two) ? 1 : bytes_of(one) > bytes_of(two) ? -1 : 0;
}

void account_sort(struct account *account)
{
	if (account->n_largest)
		qsort(account->largest, account->n_largest, sizeof(*account->largest), by_size);
	/* The next account_reset() clears it all. */
	if (account->sizes.room)
		qsort(account->sizes.counts, account->sizes.room, sizeof(*account->sizes.counts), by_bytes);
}
