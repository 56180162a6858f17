// SPDX-License-Identifier: GPL-2.0
/*
 * For libFuzzer: whatever a heap looks like, brkwatch-heap's walk of it is as a simple one by the
 * description of chunks in glibc's malloc.c, and its sums are those of the bytes that it has passed.
 *
 * The input is the heap but for its first byte, which says of what arena it is, and which page of
 * it cannot be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chunks/account.h"
#include "chunks/tcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define START		0x555500000000ull
#define PAGE		256ull
#define PAGES_ABSENT	64u	/* from here on all pages are there */

static struct {
	const uint8_t *bytes;
	size_t size;
	uint64_t absent;	/* the address of the page */
} image;

static void require(bool true_one)
{
	if (!true_one)
		abort();
}

/* ---- the memory ---- */

int memory_read(const struct memory *mem, uint64_t address, void *buffer, size_t len)
{
	uint64_t at = address - START;

	(void)mem;
	if (at > image.size || len > image.size - at)
		return -EFAULT;
	memcpy(buffer, image.bytes + at, len);
	return 0;
}

size_t memory_present(const struct memory *mem, uint64_t address, size_t len)
{
	(void)mem;
	if (address - image.absent < PAGE)
		return 0;
	if (address < image.absent && len > image.absent - address)
		return (size_t)(image.absent - address);
	return len;
}

bool memory_is_swapped(const struct memory *mem, uint64_t address)
{
	(void)mem;
	(void)address;
	return true;
}

uint64_t memory_resident(const struct memory *mem, uint64_t start, uint64_t end)
{
	(void)mem;
	return end - start;
}

/* ---- what must come out ---- */

struct outcome {
	uint64_t at, used, vacant, top;
	bool sound;
};

static bool get_word(uint64_t at, uint64_t *word)
{
	if (at / PAGE * PAGE + START == image.absent || at > image.size - sizeof(*word))
		return false;
	memcpy(word, image.bytes + at, sizeof(*word));
	return true;
}

/* Word by word. */
static struct outcome walk_simply(bool is_main)
{
	struct outcome is = { .at = 0 };
	uint64_t word, next, before;

	while (is.at < image.size) {
		uint64_t left = image.size - is.at, size;

		if (left < 16 || !get_word(is.at, &before) || !get_word(is.at + 8, &word))
			return is;
		size = word & ~7ull;
		if (!(word & 6) && !is_main && (size == 16 || (!size && left == 16))) {
			is.used += 16;
			is.at += 16;
			continue;
		}
		if (!(word & 6) && is_main && size == 16) {
			if (left != 16 && (left < 32 || !get_word(is.at + 16, &before) ||
					   !get_word(is.at + 24, &word) || word != 17))
				return is;
			size = left == 16 ? 16 : 32;
			is.used += size;
			is.at += size;
			is.sound = is.at == image.size;
			return is;
		}
		if (size < 32 || size % 16 || size > left || word & 2 || (is_main && word & 4))
			return is;
		next = 1;
		if (size < left && (left - size < 16 || !get_word(is.at + size, &before) ||
				    !get_word(is.at + size + 8, &next)))
			return is;
		/* What is free has its size at its end, and neither that nor the top is behind it. */
		if ((size == left || !(next & 1)) && !(word & 1))
			return is;
		if (!(next & 1) && before != size)
			return is;
		*(size == left ? &is.top : next & 1 ? &is.used : &is.vacant) += size;
		is.at += size;
	}
	is.sound = true;
	return is;
}

static void visit(void *owner, const struct chunk *chunk)
{
	account_add(owner, chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct memory mem = { .page_size = PAGE };
	struct account account = { .mem = &mem, .wanted = START, .n_largest = 2, .n_cells = 7 };
	struct walk walk = { .mem = &mem, .visit = visit, .owner = &account, .tries = 1, .at = START };
	struct outcome expected;
	struct cell cells[7];
	struct chunk largest[2];
	struct tcache tcache;
	bool sound;

	if (size < 2)
		return -1;
	image.bytes = data + 1;
	image.size = (size - 1) & ~(size_t)7;
	image.absent = data[0] / 2 < PAGES_ABSENT ? START + data[0] / 2 * PAGE : 0;
	walk.main = data[0] & 1;
	walk.end = START + image.size;
	account.cells = cells;
	account.largest = largest;
	account_reset(&account, START, walk.end);
	expected = walk_simply(walk.main);
	sound = walk_chunks(&walk) == WALK_SOUND;
	require(walk.at - START == expected.at && sound == expected.sound);
	require(account.sums.used.bytes == expected.used && account.sums.free.bytes == expected.vacant &&
		account.sums.top.bytes == expected.top);
	require(expected.used + expected.vacant + expected.top == expected.at);
	require(account.sums.trimmable <= expected.vacant && account.sums.pinned <= expected.vacant);
	account_sort(&account);
	for (size_t i = 0; i < account.n_tables; i++)
		if (tcache_read(&tcache, &mem, &account.tables[i], START, walk.at, 0))
			require(tcache.bytes % CHUNK_ALIGN == 0);
	free(account.sizes.counts);
	return 0;
}
