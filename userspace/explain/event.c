// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "explain/event.h"
#include "explain/mappings.h"
#include "explain/sentences.h"
#include "explain/refusal.h"

/*
 * glibc's, if nobody has changed them: M_TOP_PAD and M_TRIM_THRESHOLD. Whether somebody has, and
 * who called, is not in the data: an explanation says what fits, and never who it was.
 */
#define GLIBC_PAD ((uint64_t)128 * 1024)
/* From this size on malloc takes no memory from the heap (M_MMAP_THRESHOLD), at first... */
#define GLIBC_MMAP ((uint64_t)128 * 1024)
/* ...as free raises it up to this (DEFAULT_MMAP_THRESHOLD_MAX). */
#define GLIBC_LARGEST ((uint64_t)32 * 1024 * 1024)

#define WHO "brkwatch-stacks shows which one."

struct explained {
	struct prose *prose;
	const struct explain_how *how;
	const struct brkwatch_snapshot *snap;
	struct brkwatch_event *ev;
	uint64_t page;
	uint64_t old;
	uint64_t new;
	uint64_t bytes;		/* between the two */
	uint64_t pages;
};

static struct number size_of(const struct explained *e, uint64_t size)
{
	return prose_size(size, e->how->bytes);
}

static void say_pages(const struct explained *e)
{
	prose_add(e->prose, "%" PRIu64 " page%s (%s)", e->pages, e->pages == 1 ? "" : "s",
		  size_of(e, e->pages * e->page).text);
}

static bool whole_pages(const struct explained *e)
{
	return e->bytes == e->pages * e->page;
}

static void explain_query(const struct explained *e)
{
	prose_add(e->prose, "The program asked where the break is, as the dynamic loader and sbrk(0) "
		  "do; nothing changed.");
}

static void explain_same(const struct explained *e)
{
	prose_add(e->prose, "The program asked for the break that it has already; nothing changed.");
}

static void explain_move(const struct explained *e)
{
	bool up = e->new > e->old;

	prose_add(e->prose, "The break moved %s by %s and no page was %s: memory comes in whole "
		  "pages of %s, and the heap still ends in the same one.", up ? "up" : "down",
		  size_of(e, e->bytes).text, up ? "added" : "removed", size_of(e, e->page).text);
}

/* Not from the end of a page to the end of another. */
static void explain_partial(const struct explained *e)
{
	bool up = e->new > e->old;
	uint64_t left = page_align(e->snap, e->old) - e->old;

	prose_add(e->prose, "The break moved %s by %s, for which ", up ? "up" : "down",
		  size_of(e, e->bytes).text);
	say_pages(e);
	prose_add(e->prose, " %s %s: memory comes in whole pages", e->pages == 1 ? "was" : "were",
		  up ? "added" : "removed");
	if (!up && page_align(e->snap, e->new) != e->new)
		prose_add(e->prose, ", and one that is still used in part stays.");
	else if (!up)
		prose_add(e->prose, ", and the last one was used in part.");
	else if (left)
		prose_add(e->prose, ", and the last one had only %s left.", size_of(e, left).text);
	else
		prose_add(e->prose, ", and the last one was full.");
}

static void explain_grow(const struct explained *e)
{
	uint64_t request = e->bytes - GLIBC_PAD;

	if (!whole_pages(e)) {
		explain_partial(e);
		return;
	}
	prose_add(e->prose, "The heap grew by ");
	say_pages(e);
	if (e->bytes <= GLIBC_PAD)
		prose_add(e->prose, ". That can be sbrk, another allocator, or glibc's malloc where "
			  "M_TOP_PAD was lowered or others have moved the break: left to itself it "
			  "takes more than %s at a time. " WHO, size_of(e, GLIBC_PAD).text);
	else if (request > GLIBC_LARGEST)
		prose_add(e->prose, ". That can be sbrk, another allocator, or glibc's malloc where "
			  "M_TOP_PAD, M_MMAP_THRESHOLD or M_MMAP_MAX were changed: left to itself it "
			  "takes so much with mmap. " WHO);
	else if (e->old == e->snap->start && request <= GLIBC_MMAP)
		prose_add(e->prose, ": consistent with the first malloc of glibc, which asks for what "
			  "it needs, up to %s, and %s in reserve (M_TOP_PAD), so that the next ones "
			  "need no call.", size_of(e, request).text, size_of(e, GLIBC_PAD).text);
	else
		prose_add(e->prose, ": consistent with glibc's malloc, when a request needs up to %s "
			  "more than is free at the heap's end; %s are reserve (M_TOP_PAD, if unchanged).",
			  size_of(e, request).text, size_of(e, GLIBC_PAD).text);
}

static void explain_shrink(const struct explained *e)
{
	if (!whole_pages(e)) {
		explain_partial(e);
		return;
	}
	prose_add(e->prose, "The heap gave back ");
	say_pages(e);
	if (!e->snap->start)
		prose_add(e->prose, ".");
	else if (e->new > e->snap->start && e->new - e->snap->start > GLIBC_PAD)
		prose_add(e->prose, ": consistent with a trim by glibc's free, which acts when %s or "
			  "more are free at the heap's end (M_TRIM_THRESHOLD) and keeps %s of them "
			  "(M_TOP_PAD, if unchanged).", size_of(e, GLIBC_PAD).text, size_of(e, GLIBC_PAD).text);
	else
		prose_add(e->prose, ". That can be malloc_trim, sbrk with a negative number, or "
			  "glibc's free where M_TOP_PAD was lowered: left to itself it leaves more than "
			  "%s. " WHO, size_of(e, GLIBC_PAD).text);
}

static void explain_refused(const struct explained *e)
{
	refusal_explain(e->prose, e->how, e->snap, e->ev);
}

static void explain_fork(const struct explained *e)
{
	prose_add(e->prose, "Process %" PRIu64 " was created. After fork it has a copy of this heap and a "
		  "break of its own; after vfork or posix_spawn it shares both until it execs or ends.",
		  event_unsigned(e->ev, BRKWATCH_REQUEST));
}

static void explain_external(const struct explained *e)
{
	if (e->bytes)
		prose_add(e->prose, "The break was moved %s by %s", e->new > e->old ? "up" : "down",
			  size_of(e, e->bytes).text);
	else
		prose_add(e->prose, "The start of the heap was moved");
	prose_add(e->prose, " without a call that was recorded: consistent with prctl(PR_SET_MM), as "
		  "CRIU uses it to restore a process, and with calls while the probes were switched "
		  "off. It does not count as growth");
	if (e->snap->start)
		prose_add(e->prose, "; the heap starts at %s now, and its size is %s",
			  address_text(e->snap->start).text,
			  size_of(e, heap_size(e->snap, e->new)).text);
	prose_add(e->prose, ".");
}

static void explain_resync(const struct explained *e)
{
	prose_add(e->prose, "The break is %s %s than the recorded calls explain: some "
		  "overlapped or were not recorded.",
		  size_of(e, e->bytes).text, e->new > e->old ? "higher" : "lower");
}

static void explain_end(const struct explained *e)
{
	prose_add(e->prose, "The address space is gone, and the heap with it: the process has "
		  "ended, or exec has put another program in its place.");
}

static void (*const explanations[BRKWATCH_KINDS])(const struct explained *e) = {
	[BRKWATCH_QUERY] = explain_query,
	[BRKWATCH_GROW] = explain_grow,
	[BRKWATCH_SHRINK] = explain_shrink,
	[BRKWATCH_MOVE] = explain_move,
	[BRKWATCH_SAME] = explain_same,
	[BRKWATCH_REFUSED] = explain_refused,
	[BRKWATCH_FORK] = explain_fork,
	[BRKWATCH_EXTERNAL] = explain_external,
	[BRKWATCH_RESYNC] = explain_resync,
	[BRKWATCH_END] = explain_end,
};

static bool has_flag(const struct brkwatch_event *ev, char flag)
{
	return memchr(ev->field[BRKWATCH_FLAGS].text, flag, ev->field[BRKWATCH_FLAGS].len);
}

void explain_event(void *owner, struct outbuf *out, const struct brkwatch_process *process,
		   struct brkwatch_event *ev)
{
	int64_t bytes = event_signed(ev, BRKWATCH_DELTA_BYTES), pages = event_signed(ev, BRKWATCH_DELTA_PAGES);
	struct prose prose = { .len = 0 };
	const struct explained e = {
		.prose = &prose, .how = owner, .snap = &process->snap, .ev = ev,
		.page = page_size_of(&process->snap),
		.old = event_address(ev, BRKWATCH_OLD),
		.new = event_address(ev, BRKWATCH_NEW),
		.bytes = bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes,
		.pages = pages < 0 ? -(uint64_t)pages : (uint64_t)pages,
	};
	const enum brkwatch_kind kind = brkwatch_event_kind(ev);

	if (ev->malformed || kind == BRKWATCH_KINDS)
		return;
	explanations[kind](&e);
	if (has_flag(ev, 'v'))
		prose_add(&prose, " A child that shares this address space did it (vfork, "
			  "posix_spawn).");
	if (has_flag(ev, 'o'))
		prose_add(&prose, " Other calls were under way at the same time, so which came first "
			  "is not certain.");
	if (!ev->malformed)
		prose_put(out, prose.text);
}
