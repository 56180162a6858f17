// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "chunks/arenas.h"
#include "chunks/examine.h"

#define TRIES_AT_A_PLACE	20
#define TRIES			5
#define FOREIGN_MAX		(64ul * 1024)

static uint64_t find_end(void *owner)
{
	struct reading *reading = owner;

	return space_update(reading->space) ? 0 : reading->space->brk;
}

static void visit(void *owner, const struct chunk *chunk)
{
	struct reading *reading = owner;

	account_add(&reading->account, chunk);
}

static enum walk_result walk_from(struct reading *reading, uint64_t start, unsigned int tries)
{
	struct walk walk = {
		.mem = &reading->mem, .main = true, .end = reading->space->brk, .find_end = find_end,
		.visit = visit, .owner = reading, .tries = tries, .at = start,
	};
	enum walk_result result;

	account_reset(&reading->account, reading->space->start_brk, reading->space->brk);
	result = walk_chunks(&walk);
	reading->at = walk.at;
	reading->place = walk.place;
	reading->word = walk.word;
	reading->error = walk.error;
	reading->repeats += walk.repeats;
	reading->brk = walk.end;
	reading->foreign = start - reading->start_brk;
	return result;
}

/* Most places are not the first chunk, which shows soon. One that only a top follows may be anything. */
static bool is_first(struct reading *reading, uint64_t at, uint64_t end, unsigned int tries)
{
	return (walk_from(reading, at, 1) == WALK_SOUND ||
		(reading->at >= end && walk_from(reading, at, tries) == WALK_SOUND)) &&
	       reading->account.sums.used.chunks;
}

/*
 * A program, such as a static one at its start, may move the break before malloc does. What lies
 * there is no chunk. A place is the first chunk if the walk from there ends at the break. Until
 * glibc 2.41 that is a chunk which glibc allocates for itself. Since then it is any, and the result
 * is only certain if there is no other such place in it.
 */
static enum walk_result walk_past_foreign(struct reading *reading, uint64_t start, unsigned int tries)
{
	const uint64_t limit = start + FOREIGN_MAX;
	uint64_t end = limit < reading->space->brk ? limit : reading->space->brk, found = 0;

	for (uint64_t at = start, next; at < end; at = next) {
		size_t words[512], len;

		next = (at + sizeof(words)) & ~(uint64_t)(sizeof(words) - 1);
		len = memory_present(&reading->mem, at, (size_t)((next < end ? next : end) - at));
		if (len < CHUNK_HEADER || memory_read(&reading->mem, at, words, len))
			continue;
		for (size_t i = 0; (i + 2) * sizeof(size_t) <= len; i += 2) {
			const uint64_t place = at + i * sizeof(size_t), size = words[i + 1] ^ CHUNK_PREV_USED;

			if (place >= end)
				break;
			if (size % CHUNK_ALIGN || size < CHUNK_MIN || !is_first(reading, place, end, tries))
				continue;
			if (tcache_may_be(size, true) && !found)
				return WALK_SOUND;
			if (found)
				return WALK_NO_CHUNK;
			found = place;
			if (size < end - place)
				end = place + size;
		}
	}
	return found ? walk_from(reading, found, tries) : WALK_NO_CHUNK;
}

static enum walk_result walk_once(struct reading *reading, unsigned int tries)
{
	uint64_t start = chunk_place(reading->space->start_brk);
	enum walk_result result;

	reading->start_brk = reading->space->start_brk;
	result = walk_from(reading, start, tries);
	if (result && reading->at == start && start < reading->space->brk) {
		const struct reading before = *reading;

		if (walk_past_foreign(reading, start, tries) == WALK_SOUND)
			return WALK_SOUND;
		account_reset(&reading->account, start, reading->space->brk);
		reading->at = before.at;
		reading->place = before.place;
		reading->word = before.word;
		reading->brk = before.brk;
		reading->foreign = 0;
	}
	return result;
}

/* What does not change between the tries is no race. */
static int walk_main(struct reading *reading, bool stopped)
{
	uint64_t at = 0, word = 0;
	bool same = true;

	reading->result = WALK_RACED;
	for (unsigned int i = 0; i < (stopped ? 1 : TRIES); i++) {
		int rc;

		memory_open(&reading->mem, reading->space->pid);
		rc = space_update(reading->space);
		if (rc == -EAGAIN)
			continue;
		if (rc)
			return rc;
		reading->result = walk_once(reading, stopped ? 1 : TRIES_AT_A_PLACE);
		if (reading->result == WALK_SOUND && space_update(reading->space) == 0 &&
		    reading->space->start_brk == reading->start_brk)
			return 0;
		if (reading->result == WALK_UNREADABLE && reading->error != -EFAULT)
			return reading->error;
		same = same && (!i || (at == reading->at && word == reading->word));
		at = reading->at;
		word = reading->word;
		reading->repeats++;
	}
	if (!same || reading->result == WALK_SOUND)
		reading->result = WALK_RACED;
	return 0;
}

static void count_tcache(struct reading *reading)
{
	const struct account *account = &reading->account;
	struct sums *sums = &reading->account.sums;
	struct tcache *tcache = &reading->tcache;

	*tcache = (struct tcache){ .found = false };
	for (size_t i = 0; i < account->n_tables && !tcache->found; i++)
		tcache_read(tcache, &reading->mem, &account->tables[i], reading->start_brk,
			    reading->at, sums->last_used.address);
	/* More than there is: both were read while it ran. */
	if (tcache->bytes > sums->used.bytes || tcache->chunks > sums->used.chunks)
		*tcache = (struct tcache){ .found = false };
	sums->used.bytes -= tcache->bytes;
	sums->used.chunks -= tcache->chunks;
}

static void read_words(struct reading *reading)
{
	const struct chunk *chunk = &reading->account.sums.last_used;
	size_t n = sizeof(reading->words) / sizeof(reading->words[0]);

	reading->n_words = 0;
	if (!chunk->size)
		return;
	if (n > chunk->size / sizeof(size_t) - 1)
		n = (size_t)(chunk->size / sizeof(size_t) - 1);
	if (memory_present(&reading->mem, chunk->address + CHUNK_HEADER, n * sizeof(size_t)) ==
		    n * sizeof(size_t) &&
	    !memory_read(&reading->mem, chunk->address + CHUNK_HEADER, reading->words, n * sizeof(size_t)))
		reading->n_words = n;
}

int reading_take(struct reading *reading, bool stopped)
{
	int rc = space_begin(reading->space);

	if (rc)
		return rc;
	reading->account.mem = &reading->mem;
	reading->account.wanted = reading->wanted;
	reading->repeats = 0;
	rc = walk_main(reading, stopped);
	if (rc)
		return rc;
	reading->found = reading->account.found;
	if (reading->result == WALK_SOUND && reading->at == reading->start_brk)
		return arenas_read(reading, stopped);
	count_tcache(reading);
	read_words(reading);
	reading->resident = memory_resident(&reading->mem, reading->start_brk, reading->brk);
	account_sort(&reading->account);
	return arenas_read(reading, stopped);
}

int reading_take_sums(struct reading *reading)
{
	int rc;

	memory_open(&reading->mem, reading->space->pid);
	rc = space_update(reading->space);
	if (rc)
		return rc;
	reading->account.mem = &reading->mem;
	reading->start_brk = reading->space->start_brk;
	reading->result = walk_from(reading, chunk_place(reading->start_brk), 1);
	return 0;
}

void reading_free(struct reading *reading)
{
	memory_close(&reading->mem);
	free(reading->arenas);
	free(reading->account.cells);
	free(reading->account.largest);
	free(reading->account.sizes.counts);
}
