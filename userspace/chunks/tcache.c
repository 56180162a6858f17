// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "chunks/tcache.h"

/*
 * 16-bit numbers, one for each list, then the heads of the lists. Until glibc 2.41 there are 64 lists
 * and the numbers say how long they are; since 2.42, 76 and how many more each takes. A list has
 * chunks of one size, and the last 12 of 2.42 have all sizes up to a power of two.
 */
#define LISTS_SMALL	64
#define LISTS_MAX	76
#define LENGTH_MAX	UINT16_MAX

struct layout {
	unsigned int lists;
	bool counts_room;
};

static const struct layout layouts[] = { { 64, false }, { 76, true } };

static size_t table_size(const struct layout *layout)
{
	return layout->lists * (sizeof(uint16_t) + sizeof(size_t));
}

static uint64_t chunk_size(const struct layout *layout)
{
	uint64_t size = table_size(layout) + sizeof(size_t);

	return (size + CHUNK_ALIGN - 1) / CHUNK_ALIGN * CHUNK_ALIGN;
}

/* Until 2.41 it is the first that a thread allocates, since 2.42 it is made by the first free(). */
bool tcache_may_be(uint64_t size, bool first)
{
	return (first && size == chunk_size(&layouts[0])) || size == chunk_size(&layouts[1]);
}

static bool is_size_of(unsigned int list, uint64_t size)
{
	if (list < LISTS_SMALL)
		return size == CHUNK_MIN + list * CHUNK_ALIGN;
	return size > CHUNK_MIN + (LISTS_SMALL - 1ul) * CHUNK_ALIGN;
}

struct entry {
	size_t prev_size, word, next;
};

/* Since 2.32 each link is mixed with where it lies. The head of a list is not. */
static uint64_t follow_link(const struct entry *entry, uint64_t address, bool mixed)
{
	return mixed ? entry->next ^ (address >> 12) : entry->next;
}

/* One list to its end. False where it is none. */
static bool read_list(struct tcache *tcache, const struct memory *mem, unsigned int list, uint64_t head,
		      bool mixed, uint64_t start, uint64_t end, uint64_t last, unsigned int *length)
{
	uint64_t at = head;

	for (*length = 0; at; ++*length) {
		uint64_t chunk = at - CHUNK_HEADER, size;
		struct entry entry = { 0 };

		if (at % CHUNK_ALIGN || *length > LENGTH_MAX ||
		    memory_read(mem, chunk, &entry, sizeof(entry)))
			return false;
		size = entry.word & ~(uint64_t)CHUNK_FLAGS;
		if (!is_size_of(list, size) || entry.word & CHUNK_MAPPED)
			return false;
		if (chunk >= start && chunk < end) {
			tcache->bytes += size;
			tcache->chunks++;
			tcache->has_last |= chunk == last;
		}
		at = follow_link(&entry, at, mixed);
	}
	return true;
}

static bool read_lists(struct tcache *tcache, const struct memory *mem, const struct layout *layout,
		       const unsigned char *table, bool mixed, uint64_t start, uint64_t end, uint64_t last)
{
	unsigned int length, sum = 0;

	*tcache = (struct tcache){ .found = true };
	for (unsigned int i = 0; i < layout->lists; i++) {
		uint16_t number;
		size_t head;

		memcpy(&number, table + i * sizeof(number), sizeof(number));
		memcpy(&head, table + layout->lists * sizeof(number) + i * sizeof(head), sizeof(head));
		if (!read_list(tcache, mem, i, head, mixed, start, end, last, &length))
			return false;
		/* Of each list what it has and may have is the same. */
		if (layout->counts_room && !i)
			sum = number + length;
		if (layout->counts_room ? !sum || number + length != sum : number != length)
			return false;
	}
	return true;
}

bool tcache_read(struct tcache *tcache, const struct memory *mem, const struct chunk *table,
		 uint64_t start, uint64_t end, uint64_t last)
{
	unsigned char bytes[LISTS_MAX * (sizeof(uint16_t) + sizeof(size_t))];
	const struct layout *layout = &layouts[table->size != chunk_size(&layouts[0])];

	/* It may be in use. */
	for (unsigned int tries = 0; tries < 100; tries++) {
		if (memory_read(mem, table->address + CHUNK_HEADER, bytes, table_size(layout)))
			break;
		if (read_lists(tcache, mem, layout, bytes, true, start, end, last) ||
		    read_lists(tcache, mem, layout, bytes, false, start, end, last)) {
			tcache->table = table->address;
			return true;
		}
	}
	*tcache = (struct tcache){ .found = false };
	return false;
}
