// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/format-number.h"
#include "common/utf8.h"
#include "common/wall-clock.h"
#include "heap/pointer.h"
#include "heap/print.h"
#include "heap/stacks-file.h"

/* 402,113 */
static struct number count_text(uint64_t count)
{
	struct number n = { .text = "" };
	char plain[TEXT_NUMBER_MAX], *to = n.text;
	size_t len = (size_t)(put_u64(plain, count) - plain);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = plain[i];
	}
	return n;
}

static struct number sized(const struct print *print, uint64_t size)
{
	return size_text(size, print->bytes);
}

/* "402 chunks" */
static struct number chunks_text(uint64_t count)
{
	struct number n;

	snprintf(n.text, sizeof(n.text), "%.32s %s", count_text(count).text, count == 1 ? "chunk" : "chunks");
	return n;
}

static void line(const struct print *print, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void line(const struct print *print, const char *what, const char *fmt, ...)
{
	char text[PATH_MAX + 600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_clean(text);
	outbuf_printf(print->out, "%-11s %s\n", what, text);
}

/* ", 12 KiB more than before" */
static const char *change(const struct print *print, uint64_t before, uint64_t now, char *text, size_t size)
{
	*text = '\0';
	if (print->before && before != now)
		snprintf(text, size, " (%c%s)", now > before ? '+' : '-',
			 sized(print, now > before ? now - before : before - now).text);
	return text;
}

static void explain(const struct reading *reading, char *text, size_t size)
{
	const struct number place = address_text(reading->place), word = address_text(reading->word);

	switch (reading->result) {
	case WALK_SOUND:
		break;
	case WALK_RACED:
		snprintf(text, size, "the process changed its heap faster than it could be read; try --stop");
		break;
	case WALK_NO_CHUNK:
		snprintf(text, size, "%s is no size of a chunk of glibc's malloc", word.text);
		break;
	case WALK_BROKEN:
		snprintf(text, size, "the chunk there and what follows it at %s do not fit: the heap is corrupted, "
			 "in the middle of a change, or not malloc's from there on", place.text);
		break;
	case WALK_FOREIGN:
		snprintf(text, size, "malloc stopped using the heap there: other code has moved the break, or brk was refused "
			 "and malloc went on elsewhere");
		break;
	case WALK_SWAPPED:
		snprintf(text, size, "the page of %s is swapped out, and was left there", place.text);
		break;
	case WALK_UNTOUCHED:
		snprintf(text, size, "the page of %s, where a chunk should begin, was never written to or given up: "
			 "it is not malloc's", place.text);
		break;
	case WALK_UNREADABLE:
		snprintf(text, size, "%s", strerror(-reading->error));
		break;
	}
}

bool explain_end(const struct reading *reading, char *text, size_t size)
{
	char why[256] = "";

	if (reading->result == WALK_SOUND)
		return false;
	explain(reading, why, sizeof(why));
	snprintf(text, size, "the walk ended at %s, %s below the break: %s", address_text(reading->at).text,
		 size_text(reading->brk - reading->at, false).text, why);
	return true;
}

static void print_heap(const struct print *print, const struct reading *reading)
{
	const struct space *space = reading->space;
	char grown[128] = "";

	if (space->grown)
		snprintf(grown, sizeof(grown), ", grown in %s step%s since %s", count_text(space->steps).text,
			 space->steps == 1 ? "" : "s", seconds_text(space->since_ns).text);
	line(print, "Heap", "%s to %s, %s%s", address_text(reading->start_brk).text,
	     address_text(reading->brk).text, sized(print, reading->brk - reading->start_brk).text, grown);
	if (reading->foreign)
		line(print, "Not malloc's", "%s at the beginning", sized(print, reading->foreign).text);
}

static void print_pinned(const struct print *print, const struct reading *reading)
{
	const struct sums *sums = &reading->account.sums;
	const struct chunk *chunk = &sums->last_used;
	char words[4 * TEXT_NUMBER_MAX] = "", text[PATH_MAX + 600];

	if (!chunk->size)
		return;
	line(print, "Pinned", "%s lie below the chunk at %s (%s, %s), so the break cannot go down",
	     sized(print, sums->pinned).text, address_text(chunk->address).text,
	     sized(print, chunk->size).text,
	     reading->tcache.has_last ? "freed, but kept by the main thread" :
	     reading->tcache.table == chunk->address ? "glibc's table of cached chunks" : "in use");
	for (size_t i = 0; i < reading->n_words; i++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s",
			 address_text(reading->words[i]).text);
	if (*words)
		line(print, "", "its first words:%s", words);
	for (size_t i = 0; i < reading->n_words; i++) {
		if (!pointer_explain(reading->space->pid, reading->words[i], text, sizeof(text)))
			continue;
		line(print, "", "%s", text);
		break;
	}
}

static void print_resident(const struct print *print, const struct reading *reading)
{
	const struct sums *sums = &reading->account.sums;
	uint64_t absent = sums->trimmable - sums->trimmable_resident;
	const char *so = "";
	char text[128];

	if (reading->mem.pagemap < 0)
		return;
	if (sums->trimmable && !absent) {
		so = "; all that could be given back is still in memory";
	} else if (sums->trimmable && absent == sums->trimmable) {
		so = "; nothing that could be given back is in memory";
	} else if (sums->trimmable) {
		snprintf(text, sizeof(text), "; %s of what could be given back is not in memory", sized(print, absent).text);
		so = text;
	}
	line(print, "Resident", "%s%s", sized(print, reading->resident).text, so);
}

static void print_arenas(const struct print *print, const struct reading *reading)
{
	for (size_t i = 0; i < reading->n_arenas; i++) {
		const struct arena *arena = &reading->arenas[i];
		const struct sums *sums = &arena->sums;

		line(print, "Arena", "%s, %s: %s in use in %s, %s free in %s, %s at the top%s",
		     address_text(arena->address).text, sized(print, arena->bytes).text,
		     sized(print, sums->used.bytes).text, chunks_text(sums->used.chunks).text,
		     sized(print, sums->free.bytes).text, chunks_text(sums->free.chunks).text,
		     sized(print, sums->top.bytes).text, arena->sound ? "" : "; not walked to its end");
	}
}

static void print_sizes(const struct print *print, const struct reading *reading)
{
	const struct bucket *buckets = reading->account.buckets;
	uint64_t most = 1;

	for (size_t i = 0; i < BUCKETS; i++)
		if (buckets[i].used.bytes + buckets[i].free.bytes > most)
			most = buckets[i].used.bytes + buckets[i].free.bytes;
	outbuf_printf(print->out, "\n%-12s %10s %10s %10s %10s\n", "CHUNKS FROM", "IN USE", "BYTES", "FREE", "BYTES");
	for (size_t i = 0; i < BUCKETS; i++) {
		const struct amount *used = &buckets[i].used, *vacant = &buckets[i].free;
		int marks = (int)((used->bytes + vacant->bytes) * 16 / most);

		if (!used->chunks && !vacant->chunks)
			continue;
		outbuf_printf(print->out, "%-12s %10s %10s %10s %10s%s%.*s\n", sized(print, 1ull << i).text,
			      count_text(used->chunks).text, sized(print, used->bytes).text,
			      count_text(vacant->chunks).text, sized(print, vacant->bytes).text,
			      marks ? " " : "", marks, "################");
	}
}

static void print_top(const struct print *print, const struct account *account)
{
	if (!account->n_largest)
		return;
	outbuf_printf(print->out, "\n%-18s %12s\n", "LARGEST", "SIZE");
	for (size_t i = 0; i < account->n_largest && account->largest[i].size; i++)
		outbuf_printf(print->out, "%-18s %12s\n", address_text(account->largest[i].address).text,
			      sized(print, account->largest[i].size).text);
	outbuf_printf(print->out, "\n%-18s %12s %12s\n", "MOST COMMON SIZE", "CHUNKS", "ALL OF THEM");
	for (size_t i = 0; i < account->n_largest && i < account->sizes.n; i++) {
		const struct size_count *count = &account->sizes.counts[i];

		outbuf_printf(print->out, "%-18s %12s %12s\n", sized(print, count->size).text,
			      count_text(count->chunks).text, sized(print, count->size * count->chunks).text);
	}
}

/* "at 1234.567890, 2026-11-27 12:34:56" */
static const char *when(const struct space *space, uint64_t ns, char *text, size_t size)
{
	struct wall wall = { .bw = space->bw };
	size_t len = (size_t)snprintf(text, size, "at %s", seconds_text(ns).text);
	struct tm tm;
	time_t seconds;

	wall_look(&wall, UINT64_MAX);
	if (!wall.n)
		return text;
	seconds = (time_t)(wall_time(&wall, ns) / 1000000000);
	strftime(text + len, size - len, ", %Y-%m-%d %H:%M:%S", localtime_r(&seconds, &tm));
	return text;
}

static void print_frame(void *owner, const char *function, const char *location)
{
	line(owner, "", "  %s%s%s%s", function, *location ? " (" : "", location, *location ? ")" : "");
}

static void print_stack(const struct print *print, const struct origin *origin)
{
	int n = print->stacks ? stacks_find(print->stacks, origin, print_frame, (void *)print) : 1;

	if (n < 0)
		line(print, "", "%s: %s", print->stacks, strerror(-n));
	else if (!n)
		line(print, "", "%s has no stack of that event", print->stacks);
}

static void print_origin(const struct print *print, const struct reading *reading)
{
	const struct space *space = reading->space;
	struct origin origin;
	char text[80];

	if (reading->wanted < reading->start_brk || reading->wanted >= reading->brk)
		return;
	if (history_find(&origin, space, reading->wanted))
		line(print, "", "which call added its page is not known: the module is not loaded, or has no history");
	else if (origin.seq)
		line(print, "", "its page was added %s: event %" PRIu64 ", %s by %s, thread %" PRIu64,
		     when(space, origin.time_ns, text, sizeof(text)), origin.seq, origin.kind,
		     sized(print, origin.bytes).text, origin.tid);
	else if (origin.moved_over)
		line(print, "", "no recorded call added its page: event %" PRIu64 " moved the break over it without a call",
		     origin.moved_over);
	else if (origin.dropped)
		line(print, "", "its page was there before the oldest event that is kept, %s",
		     when(space, origin.oldest_ns, text, sizeof(text)));
	else
		line(print, "", "its page was there before the history begins, %s",
		     when(space, origin.since, text, sizeof(text)));
	if (origin.seq)
		print_stack(print, &origin);
}

static void print_found(const struct print *print, const struct reading *reading)
{
	static const char *const states[] = {
		[CHUNK_USED] = "in use", [CHUNK_FREE] = "free", [CHUNK_TOP] = "the top",
		[CHUNK_FENCE] = "where malloc has left off",
	};
	const struct chunk *chunk = &reading->found;

	if (!reading->wanted)
		return;
	if (!chunk->size)
		line(print, "Address", "%s is in no chunk", address_text(reading->wanted).text);
	else
		line(print, "Address", "%s lies %" PRIu64 " bytes into the chunk at %s (%s, %s)",
		     address_text(reading->wanted).text, reading->wanted - chunk->address,
		     address_text(chunk->address).text, sized(print, chunk->size).text, states[chunk->state]);
	print_origin(print, reading);
}

void print_text(const struct print *print, const struct reading *reading)
{
	const struct sums *sums = &reading->account.sums, *before = print->before;
	uint64_t vacant = sums->free.bytes + sums->top.bytes;
	const struct allocator *allocator = &reading->space->allocator;
	char why[512], text[64], note[256];

	print_heap(print, reading);
	if (explain_end(reading, why, sizeof(why)))
		line(print, "Not sound", "%s. So far:", why);
	line(print, "In use", "%s in %s%s", sized(print, sums->used.bytes).text,
	     chunks_text(sums->used.chunks).text,
	     change(print, before ? before->used.bytes : 0, sums->used.bytes, text, sizeof(text)));
	if (reading->tcache.found)
		line(print, "Kept", "%s in %s that the main thread has freed and keeps (tcache)",
		     sized(print, reading->tcache.bytes).text, chunks_text(reading->tcache.chunks).text);
	line(print, "Free", "%s in %s, the largest %s; %s of it at the top%s", sized(print, vacant).text,
	     chunks_text(sums->free.chunks + sums->top.chunks).text,
	     sized(print, sums->largest_free > sums->top.bytes ? sums->largest_free : sums->top.bytes).text,
	     sized(print, sums->top.bytes).text,
	     change(print, before ? before->free.bytes + before->top.bytes : 0, vacant, text, sizeof(text)));
	print_pinned(print, reading);
	outbuf_printf(print->out, "Can be given back without moving the break: %s of whole pages (malloc_trim)\n",
		      sized(print, sums->trimmable).text);
	print_resident(print, reading);
	print_arenas(print, reading);
	print_found(print, reading);
	if (print->stopped_us >= 0)
		line(print, "Stopped", "for %.1f ms", (double)print->stopped_us / 1000);
	line(print, "Note", "small chunks that were freed may count as in use: in fastbins%s",
	     !reading->tcache.found ? ", or kept by a thread" :
	     reading->space->has_threads ? ", or kept by other threads" : "");
	if (allocator_explain(allocator, note, sizeof(note)))
		line(print, "", "%s", note);
	if (allocator_tags(allocator, note, sizeof(note)))
		line(print, "", "%s", note);
	print_sizes(print, reading);
	print_top(print, &reading->account);
	if (print->map)
		print_map(print, &reading->account);
}
