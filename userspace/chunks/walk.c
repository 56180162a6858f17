// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include "chunks/walk.h"

#define WINDOW_MIN 4096

/* What has been read of the heap, from walk->at on. */
struct window {
	_Alignas(CHUNK_ALIGN) unsigned char bytes[WALK_WINDOW];
	uint64_t start;
	size_t len;
};

struct header {
	size_t prev_size, word;
};

static uint64_t size_of(const struct header *header)
{
	return header->word & ~(uint64_t)CHUNK_FLAGS;
}

static enum walk_result absent(struct walk *walk, uint64_t address)
{
	walk->place = address;
	return memory_is_swapped(walk->mem, address) ? WALK_SWAPPED : WALK_UNTOUCHED;
}

static enum walk_result fill(struct walk *walk, struct window *window, size_t wanted)
{
	uint64_t rest = walk->end - walk->at;

	window->start = walk->at;
	window->len = memory_present(walk->mem, walk->at, rest < wanted ? (size_t)rest : wanted);
	if (window->len < CHUNK_HEADER)
		return rest < CHUNK_HEADER ? WALK_NO_CHUNK : absent(walk, walk->at);
	walk->error = memory_read(walk->mem, walk->at, window->bytes, window->len);
	return walk->error ? WALK_UNREADABLE : WALK_SOUND;
}

static bool in_window(const struct window *window, uint64_t address)
{
	return address - window->start <= window->len - CHUNK_HEADER;
}

static enum walk_result read_header(struct walk *walk, const struct window *window, uint64_t address,
				    struct header *header)
{
	if (in_window(window, address)) {
		memcpy(header, window->bytes + (address - window->start), sizeof(*header));
		return WALK_SOUND;
	}
	if (memory_present(walk->mem, address, sizeof(*header)) < sizeof(*header))
		return absent(walk, address);
	walk->error = memory_read(walk->mem, address, header, sizeof(*header));
	return walk->error ? WALK_UNREADABLE : WALK_SOUND;
}

static bool is_plausible(const struct walk *walk, const struct header *header)
{
	uint64_t size = size_of(header), rest = walk->end - walk->at;
	/* With headers of 8 bytes no chunk begins at the beginning of a page, but the top ends there. */
	bool odd_top = CHUNK_HEADER < CHUNK_ALIGN && size == rest;

	return (size % CHUNK_ALIGN == 0 || odd_top) && size >= CHUNK_MIN && size <= rest &&
	       !(header->word & CHUNK_MAPPED) && (!walk->main || !(header->word & CHUNK_ARENA));
}

static void visit(struct walk *walk, uint64_t size, enum chunk_state state)
{
	const struct chunk chunk = { walk->at, size, state };

	walk->visit(walk->owner, &chunk);
	walk->at += size;
	walk->word = 0;
}

/*
 * Where malloc had to leave a place it put two headers that no chunk has: in the main arena twice a
 * header's size, elsewhere that and a last one of size 0.
 */
static bool is_fence(const struct walk *walk, const struct header *header)
{
	uint64_t size = size_of(header);

	return !(header->word & (CHUNK_MAPPED | CHUNK_ARENA)) &&
	       (size == CHUNK_HEADER ||
		(!size && !walk->main && walk->end - walk->at <= CHUNK_ALIGN));
}

static enum walk_result take_fence(struct walk *walk, const struct window *window)
{
	uint64_t second = walk->at + CHUNK_HEADER;
	enum walk_result result;
	struct header header = { 0 };

	if (second == walk->end || !walk->main) {
		/* Where a header is less than the alignment, something may be left behind the last. */
		visit(walk, walk->word > CHUNK_FLAGS ? CHUNK_HEADER : walk->end - walk->at, CHUNK_FENCE);
		return WALK_SOUND;
	}
	result = read_header(walk, window, second, &header);
	if (result)
		return result;
	if (header.word != (CHUNK_HEADER | CHUNK_PREV_USED))
		return WALK_NO_CHUNK;
	visit(walk, 2 * CHUNK_HEADER, CHUNK_FENCE);
	return walk->at == walk->end ? WALK_SOUND : WALK_FOREIGN;
}

/* The chunk at walk->at: what it is says the one behind it. */
static enum walk_result take_chunk(struct walk *walk, const struct window *window)
{
	struct header header = { 0 }, next = { 0 };
	enum walk_result result = read_header(walk, window, walk->at, &header);
	uint64_t size;

	if (result)
		return result;
	size = size_of(&header);
	walk->word = header.word;
	walk->place = walk->at;
	if (is_fence(walk, &header))
		return take_fence(walk, window);
	if (!is_plausible(walk, &header))
		return WALK_NO_CHUNK;
	if (size == walk->end - walk->at) {
		/* What is free below the top belongs to it. */
		if (!(header.word & CHUNK_PREV_USED))
			return WALK_BROKEN;
		if (walk->find_end && walk->find_end(walk->owner) != walk->end)
			return WALK_BROKEN;
		visit(walk, size, CHUNK_TOP);
		return WALK_SOUND;
	}
	walk->place = walk->at + size;
	if (walk->end - walk->place < CHUNK_HEADER)
		return WALK_BROKEN;
	result = read_header(walk, window, walk->place, &next);
	if (result)
		return result;
	if (next.word & CHUNK_PREV_USED) {
		visit(walk, size, CHUNK_USED);
		return WALK_SOUND;
	}
	/* Of a free one both ends have the size, and none is beside another. */
	if (next.prev_size != size || !(header.word & CHUNK_PREV_USED))
		return WALK_BROKEN;
	visit(walk, size, CHUNK_FREE);
	return WALK_SOUND;
}

/* As many as begin in one window. */
static enum walk_result take_window(struct walk *walk, struct window *window, size_t wanted)
{
	enum walk_result result = fill(walk, window, wanted);

	while (!result && walk->at < walk->end && in_window(window, walk->at))
		result = take_chunk(walk, window);
	return result;
}

static void let_it_run(void)
{
	const struct timespec moment = { .tv_nsec = 50000 };

	nanosleep(&moment, NULL);
}

enum walk_result walk_chunks(struct walk *walk)
{
	static struct window window;
	unsigned int tries = 0;
	size_t wanted = WINDOW_MIN;

	while (walk->at < walk->end) {
		uint64_t before = walk->at;
		enum walk_result result = take_window(walk, &window, wanted);

		if (walk->at > before)
			tries = 0;
		if (result == WALK_FOREIGN || result == WALK_UNREADABLE)
			return result;
		if (!result) {
			/* Large chunks are skipped, small ones are read many at a time. */
			if (walk->at - before > 2 * wanted)
				wanted = WINDOW_MIN;
			else if (wanted < WALK_WINDOW)
				wanted *= 2;
			continue;
		}
		if (++tries >= walk->tries)
			return result;
		walk->repeats++;
		let_it_run();
		if (walk->find_end)
			walk->end = walk->find_end(walk->owner);
	}
	return walk->at == walk->end ? WALK_SOUND : WALK_NO_CHUNK;
}
