// SPDX-License-Identifier: GPL-2.0
/*
 * Calls come in the order in which they ended. A munmap that has not ended yet may have made room
 * for an mmap that has: so what is mapped replaces what is known to be there, and what is unmapped
 * is only what was there when that call began.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/complain.h"
#include "malloc/maps.h"
#include "malloc/space.h"

#define DONTUNMAP	4	/* of mremap, since Linux 5.7 */

void space_init(struct space *space)
{
	*space = (struct space){ .page_size = (uint64_t)sysconf(_SC_PAGESIZE), .heap_read = true };
}

void space_free(struct space *space)
{
	free(space->segments);
	space_init(space);
}

void space_copy(struct space *to, const struct space *from)
{
	struct segment *segments = needed(malloc((from->n + 1) * sizeof(*segments)));

	if (from->n)
		memcpy(segments, from->segments, from->n * sizeof(*segments));
	*to = *from;
	to->segments = segments;
	to->room = from->n + 1;
	/* What the child does is counted from now on. */
	for (enum kind kind = 0; kind < KINDS; kind++) {
		to->tally[kind] = (struct tally){ .held = from->tally[kind].held };
		to->tally[kind].most = to->tally[kind].held;
	}
	to->most = to->total;
}

void space_forget(struct space *space)
{
	space->n = 0;
	space->heap_start = space->brk = space->heap_other = space->total = 0;
	space->heap_read = true;
	space->loading = false;
	for (enum kind kind = 0; kind < KINDS; kind++)
		space->tally[kind].held = 0;
}

/* ---- segments ---- */

static uint64_t page_up(const struct space *space, uint64_t size)
{
	return (size + space->page_size - 1) / space->page_size * space->page_size;
}

/* How many begin at @address or above it. */
static size_t above(const struct space *space, uint64_t address)
{
	size_t low = 0, high = space->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (space->segments[middle].start >= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct segment *segment_at(const struct space *space, uint64_t address)
{
	size_t i = above(space, address + 1);

	return i < space->n && space->segments[i].end > address ? &space->segments[i] : NULL;
}

uint64_t space_usable(const struct space *space, enum kind kind)
{
	uint64_t reserved = 0;

	for (size_t i = 0; i < space->n && kind == KIND_ARENA; i++) {
		const struct segment *s = &space->segments[i];

		if (s->what.kind == KIND_ARENA && s->usable < s->end)
			reserved += s->end - (s->usable > s->start ? s->usable : s->start);
	}
	return space->tally[kind].held - reserved;
}

const char *space_file(const struct space *space, uint64_t address, uint64_t *offset)
{
	const struct segment *segment = segment_at(space, address), *end = space->segments + space->n;
	const char *file = segment ? segment->what.file : NULL;

	if (!file)
		return NULL;
	while (segment + 1 < end && segment[1].what.file == file)
		segment++;
	*offset = address - segment->start;
	return file;
}

static void insert(struct space *space, size_t i, const struct segment *segment)
{
	(void)array_add(space->segments, space->n, space->room);
	memmove(space->segments + i + 1, space->segments + i, (space->n - 1 - i) * sizeof(*segment));
	space->segments[i] = *segment;
}

static void drop(struct space *space, size_t i)
{
	space->n--;
	memmove(space->segments + i, space->segments + i + 1, (space->n - i) * sizeof(*space->segments));
}

static void hold(struct space *space, enum kind kind, uint64_t size)
{
	struct tally *tally = &space->tally[kind];

	tally->held += size;
	if (tally->most < tally->held)
		tally->most = tally->held;
	space->total += size;
	if (space->most < space->total)
		space->most = space->total;
}

static void release(struct space *space, enum kind kind, uint64_t size)
{
	space->tally[kind].unmapped += size;
	space->tally[kind].held -= size;
	space->total -= size;
}

/* What was mapped after @since stays. @what, or NULL, becomes that of most of it. */
static void unmap(struct space *space, uint64_t start, uint64_t end, uint64_t since, struct what *what)
{
	uint64_t most = 0;

	if (start >= end)
		return;
	for (size_t i = above(space, end); i < space->n;) {
		struct segment *s = &space->segments[i], low;
		const uint64_t from = s->start > start ? s->start : start, to = s->end < end ? s->end : end;

		if (s->end <= start)
			break;
		if (s->since > since) {
			i++;
			continue;
		}
		if (what && to - from > most) {
			most = to - from;
			*what = s->what;
		}
		release(space, s->what.kind, to - from);
		low = *s;
		low.end = from;
		if (s->end > to) {
			s->start = to;
			i++;
			if (low.start < low.end)
				insert(space, i++, &low);
		} else if (low.start < low.end) {
			*s = low;
			i++;
		} else {
			drop(space, i);
		}
	}
}

static void map(struct space *space, uint64_t start, uint64_t end, struct what what, uint64_t now)
{
	const struct segment segment = { start, end, what.reserved ? start : end, now, what };

	if (start >= end)
		return;
	unmap(space, start, end, UINT64_MAX, NULL);
	insert(space, above(space, start), &segment);
	space->tally[what.kind].mapped += end - start;
	hold(space, what.kind, end - start);
}

void space_add(struct space *space, uint64_t start, uint64_t end, struct what what)
{
	const struct tally before = space->tally[what.kind];

	map(space, start, end, what, 0);
	space->tally[what.kind].mapped = before.mapped;
}

/* ---- the heap ---- */

/* From its start to the break, in whole pages. */
static uint64_t heap_size(const struct space *space)
{
	const uint64_t start = page_up(space, space->heap_start), end = page_up(space, space->brk);

	return end > start ? end - start : 0;
}

/* What calls have mapped of it. */
static uint64_t heap_held(const struct space *space)
{
	const uint64_t held = heap_size(space) - space->heap_other;

	return (int64_t)held > 0 ? held : 0;
}

/* Returns by how much more is held. */
static uint64_t set_heap(struct space *space, uint64_t start, uint64_t brk, uint64_t other)
{
	const uint64_t before = heap_held(space);
	uint64_t after;

	space->heap_start = start;
	space->brk = brk;
	space->heap_other = other;
	after = heap_held(space);
	if (after < before)
		release(space, KIND_HEAP, before - after);
	else
		hold(space, KIND_HEAP, after - before);
	return after > before ? after - before : 0;
}

void space_add_heap(struct space *space, uint64_t start, uint64_t brk)
{
	const uint64_t unmapped = space->tally[KIND_HEAP].unmapped;

	set_heap(space, start, brk, 0);
	space->tally[KIND_HEAP].unmapped = unmapped;
	space->heap_read = true;
}

/* As a call has found it. What moves the break otherwise, as prctl(2) does for CRIU, maps and unmaps nothing. */
static void find_heap(struct space *space, uint64_t start, uint64_t brk)
{
	uint64_t size;

	if (space->heap_read)
		space_add_heap(space, start, brk);
	space->heap_read = false;
	size = heap_size(space);
	space->heap_start = start;
	space->brk = brk;
	space->heap_other += heap_size(space) - size;
}

/* ---- what it is ---- */

static bool is_writable(const struct call *call)
{
	return (call->prot & (PROT_READ | PROT_WRITE)) == (PROT_READ | PROT_WRITE);
}

static struct what what_of_mapping(const struct space *space, const struct call *call)
{
	const uint64_t size = page_up(space, call->length);
	const bool shared = call->flags & MAP_SHARED, fixed = call->flags & MAP_FIXED;
	const struct segment *there = fixed ? segment_at(space, call->addr) : NULL;

	if (!(call->flags & MAP_ANONYMOUS))
		return call->what.file ? what_of_file(call->what.file, shared) : what_is(KIND_FILE, false, NULL);
	if (shared)
		return what_is(KIND_SHARED, false, NULL);
	if (call->flags & MAP_STACK)
		return what_is(KIND_STACK, false, NULL);
	/* A library's data without initial values, behind or over what is mapped of its file. */
	if (fixed && !there && call->addr)
		there = segment_at(space, call->addr - 1);
	if (there)
		return there->what;
	if (space->loading)
		return what_is(KIND_LOADER, true, NULL);
	if (!call->prot && call->flags & MAP_NORESERVE && (size == ARENA_SIZE || size == 2 * ARENA_SIZE))
		return what_is(KIND_ARENA, true, NULL);
	if (is_writable(call) && size > MALLOC_MIN)
		return what_is(KIND_MALLOC, true, NULL);
	return what_is(KIND_UNKNOWN, false, NULL);
}

/* Of what is there already. */
static struct what what_at(const struct space *space, uint64_t address)
{
	const struct segment *segment = segment_at(space, address);

	if (segment)
		return segment->what;
	if (address >= space->heap_start && address - space->heap_start < heap_size(space))
		return what_is(KIND_HEAP, false, NULL);
	return what_is(KIND_UNKNOWN, false, NULL);
}

/* ---- calls ---- */

static void take_mmap(struct space *space, struct call *call)
{
	call->what = what_of_mapping(space, call);
	call->what.reserved = !call->prot;
	if (!call->error)
		map(space, call->addr, call->addr + page_up(space, call->length), call->what, call->time_ns);
}

static void take_munmap(struct space *space, struct call *call)
{
	const uint64_t end = call->request + page_up(space, call->length);
	const struct segment *segment = segment_at(space, call->request);

	call->what = what_at(space, call->request);
	if (call->error)
		return;
	/* The last thing that glibc's loader does is to let go of its cache: of libraries there are only parts. */
	if (segment && segment->start == call->request && segment->end == end &&
	    (segment->what.kind == KIND_FILE || segment->what.kind == KIND_LOADER))
		space->loading = false;
	unmap(space, call->request, end, call->time_ns - call->took_ns, &call->what);
}

static void take_mremap(struct space *space, struct call *call)
{
	const uint64_t old = call->request, old_end = old + page_up(space, call->length);
	const uint64_t end = call->addr + page_up(space, call->new_length), since = call->time_ns - call->took_ns;

	call->what = what_at(space, old);
	if (call->error)
		return;
	if (call->addr == old && end < old_end) {
		unmap(space, end, old_end, since, NULL);
	} else if (call->addr == old) {
		map(space, old_end, end, call->what, call->time_ns);
	} else {
		if (!(call->flags & DONTUNMAP))
			unmap(space, old, old_end, since, NULL);
		map(space, call->addr, end, call->what, call->time_ns);
	}
}

/* And madvise: what is mapped stays so. */
static void take_other(struct space *space, struct call *call)
{
	struct segment *segment = segment_at(space, call->request);
	const uint64_t end = call->request + page_up(space, call->length);

	call->what = what_at(space, call->request);
	if (segment && call->id == CALL_MPROTECT && !call->error && call->prot && segment->usable < end)
		segment->usable = end;
}

static void take_brk(struct space *space, struct call *call)
{
	const uint64_t more = set_heap(space, call->start, call->addr, space->heap_other);

	call->what = what_is(KIND_HEAP, false, NULL);
	space->tally[KIND_HEAP].mapped += more;
	/* A loader's own malloc needs no heap. */
	if (more)
		space->loading = false;
}

void space_take(struct space *space, struct call *call)
{
	static void (*const take[CALLS])(struct space *space, struct call *call) = {
		take_mmap, take_munmap, take_mremap, take_other, take_other, take_brk,
	};
	struct tally *tally;
	uint64_t before;

	if (call->id == CALL_BRK)
		find_heap(space, call->start, call->old);
	before = space->total;
	take[call->id](space, call);
	tally = &space->tally[call->what.kind];
	tally->calls++;
	tally->refused += call_is_refused(call);
	call->bytes = (int64_t)(space->total - before);
	call->total = space->total;
}
