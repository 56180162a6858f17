// SPDX-License-Identifier: GPL-2.0
/*
 * Calls in plain words. Who made them, and with which settings of malloc, cannot be seen: what is said of
 * glibc's malloc is only what the figures are consistent with, and nothing is said of other allocators.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chunks/allocator.h"
#include "common/c-library.h"
#include "malloc/explain.h"

/* By these glibc enlarges its heap beyond what it needs (M_TOP_PAD)... */
#define TOP_PAD		((uint64_t)128 << 10)
/* ...and up to this free raises M_MMAP_THRESHOLD. */
#define THRESHOLD_MAX	((uint64_t)(sizeof(long) > 4 ? 32768 : 512) << 10)

static struct number size_of(const struct printer *printer, uint64_t size)
{
	return prose_size(size, printer->style.bytes);
}

static const char *name_of(const struct call *call)
{
	return call->what.file ?: "a file whose name is not known";
}

/* ---- whose malloc it is ---- */

static void note_library(struct story *story, const char *file)
{
	story->glibc |= is_glibc(file);
	story->other |= allocator_of_library(file) != NULL;
}

void explain_mapping(struct story *story, const struct what *what)
{
	if (what->file)
		note_library(story, what->file);
}

static bool has_glibc(const struct story *story)
{
	return story->glibc && !story->other;
}

/* Of glibc's malloc as it is by default. One block, up to the threshold, and the reserve. */
static bool is_usual(uint64_t grown)
{
	return grown > TOP_PAD && grown <= TOP_PAD + MALLOC_MIN + (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- phases ---- */

enum phase { LOADING, FIRST_GROWTH, LARGE_MAPPINGS, THREADS, PHASES };

static const struct {
	const char *title, *text, *of_glibc;
} phases[PHASES] = {
	[LOADING] = { "loading libraries",
		"The dynamic loader maps the libraries that the program needs, and memory of its own.", NULL },
	[FIRST_GROWTH] = { "first growth of the heap",
		"It is not known who needs the heap: malloc, another allocator, or the program itself by sbrk.",
		"That much is consistent with the first malloc of glibc, which cuts small blocks from the heap." },
	[LARGE_MAPPINGS] = { "large mappings",
		"It is not known who needs them: an allocator, or the program itself.",
		"They are consistent with large blocks of glibc's malloc, which get mappings of their own, and go back "
		"to the kernel when they are freed." },
	[THREADS] = { "threads",
		"Stacks are mapped, as for new threads.",
		"Stacks are mapped, as for new threads. glibc's malloc may give each a heap of its own, an arena." },
};

static enum phase phase_of(const struct call *call, bool loading)
{
	if (loading)
		return LOADING;
	if (call->error)
		return PHASES;
	if (call->id == CALL_BRK && call->bytes > 0 && call->old == call->start)
		return FIRST_GROWTH;
	if (call->id == CALL_MMAP && call->what.kind == KIND_MALLOC)
		return LARGE_MAPPINGS;
	if (call->id == CALL_MMAP && (call->what.kind == KIND_STACK || call->what.kind == KIND_ARENA))
		return THREADS;
	return PHASES;
}

void explain_phase(struct printer *printer, struct story *story, const struct call *call, bool loading)
{
	const enum phase phase = phase_of(call, loading);
	bool glibc = has_glibc(story);

	story->loading = loading;
	if (phase == PHASES || story->phases & 1u << phase)
		return;
	story->phases |= 1u << phase;
	if (phase == FIRST_GROWTH && !is_usual((uint64_t)call->bytes)) {
		story->set = true;
		glibc = false;
	}
	print_head(printer);
	outbuf_printf(printer->out, "... %" PRIu64 ": %s\n", call->pid, phases[phase].title);
	prose_put(printer->out, glibc && phases[phase].of_glibc ? phases[phase].of_glibc : phases[phase].text);
}

/* ---- refusals ---- */

static const struct {
	const char *reason, *text;
} reasons[] = {
	{ "rlimit_as", "RLIMIT_AS limits all that the process maps; 'ulimit" PROSE_BLANK "-v' changes it" },
	{ "rlimit_data", "RLIMIT_DATA limits the heap and other private writable memory; 'ulimit" PROSE_BLANK
	  "-d' changes it" },
	{ "mlock_limit", "RLIMIT_MEMLOCK limits locked memory; 'ulimit" PROSE_BLANK "-l' changes it" },
	{ "max_map_count", "the process has as many mappings as the sysctl vm.max_map_count allows" },
	{ "overcommit", "the kernel does not promise more memory than vm.overcommit_memory allows" },
	{ "address_taken", "something is mapped at the address that was asked for" },
	{ "next_mapping", "another mapping is above the heap" },
	{ "below_start", "the break cannot be below the start of the heap" },
	{ "unmap", "the heap could not be made smaller" },
	{ "address_limit", "the address space ends there" },
	{ "no_memory", "the kernel had no memory, or refused to promise it" },
	{ "killed", "the process was being killed" },
};

static void explain_refusal(struct prose *prose, const struct call *call)
{
	prose_add(prose, "The kernel refused it");
	for (size_t i = 0; call->reason && i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (!strcmp(call->reason, reasons[i].reason)) {
			prose_add(prose, ": %s.", reasons[i].text);
			return;
		}
	}
	prose_add(prose, call->error == ENOMEM || call->id == CALL_BRK ? ", and the cause is unknown." :
		  ": the arguments make no sense, or it is not allowed.");
}

/* ---- calls ---- */

static void explain_brk(struct prose *prose, const struct printer *printer, struct story *story,
			const struct call *call)
{
	const uint64_t grown = call->bytes > 0 ? (uint64_t)call->bytes : 0;

	if (!call->request) {
		prose_add(prose, "The program asked where the heap ends, as the loader and sbrk(0) do.");
	} else if (call->bytes < 0) {
		prose_add(prose, "The heap shrank by %s, to %s%s.", size_of(printer, -(uint64_t)call->bytes).text,
			  size_of(printer, call->addr - call->start).text, !has_glibc(story) ? "" :
			  ": consistent with glibc's free, when much is free at its end");
	} else if (!grown) {
		prose_add(prose, "The end of the heap moved within its page, or not at all.");
	} else {
		prose_add(prose, "The heap grew by %s, to %s.", size_of(printer, grown).text,
			  size_of(printer, call->addr - call->start).text);
		/* For a block that malloc would have mapped before. */
		if (has_glibc(story) && !story->set && !story->adapted && story->freed && grown > TOP_PAD &&
		    !is_usual(grown) && grown - TOP_PAD <= story->freed) {
			story->adapted = true;
			prose_add(prose, " That is more than glibc takes for a block of less than 128" PROSE_BLANK
				  "KiB: consistent with its threshold having adapted when a block of %s was freed, "
				  "or with a setting of mallopt(3), which calls do not show.",
				  size_of(printer, story->freed).text);
		}
	}
}

static void explain_new(struct prose *prose, const struct printer *printer, struct story *story,
			const struct call *call)
{
	const struct number size = size_of(printer, call->length);
	char prot[4];

	prot_text(call->prot, prot);
	switch (call->what.kind) {
	case KIND_FILE:
	case KIND_LOADER:
		if (call->what.kind == KIND_LOADER && !call->what.file)
			prose_add(prose, "%s for the loader itself.", size.text);
		else if (call->flags & MAP_ANONYMOUS)
			prose_add(prose, "%s for data of %s that have no initial values.", size.text, name_of(call));
		else if (call->flags & MAP_FIXED)
			prose_add(prose, "This part of %s contains its %s.", name_of(call),
				  call->prot & PROT_EXEC ? "code" : call->prot & PROT_WRITE ? "data" : "constants");
		else
			prose_add(prose, "%s mapped %s.", story->loading ? "The loader" : "The program", name_of(call));
		break;
	case KIND_MALLOC:
		prose_add(prose, "%s in a mapping of its own%s.", size.text, !has_glibc(story) ? "" :
			  ", probably for one block of malloc");
		/* Had the threshold adapted, it would be in the heap. */
		story->set |= call->length <= story->freed;
		break;
	case KIND_ARENA:
		prose_add(prose, "%s of addresses%s. None of it is in memory yet.", size.text, !has_glibc(story) ? "" :
			  ", as glibc reserves them for the heap of a thread: 64" PROSE_BLANK "MiB, or more to find a "
			  "place that is aligned");
		break;
	case KIND_STACK:
		prose_add(prose, "%s for a stack, as a new thread has one; only what it writes to becomes memory.",
			  size.text);
		break;
	case KIND_SHARED:
		prose_add(prose, "%s that processes can share.", size.text);
		break;
	default:
		prose_add(prose, "%s (%s) whose purpose is not known.", size.text, prot);
	}
}

static void explain_old(struct prose *prose, const struct printer *printer, struct story *story,
			const struct call *call)
{
	const uint64_t size = call->bytes < 0 ? -(uint64_t)call->bytes : 0;

	if (!size) {
		prose_add(prose, "Nothing was mapped there any more.");
		return;
	}
	if (call->what.kind == KIND_ARENA) {
		prose_add(prose, "%s of addresses were given up%s.", size_of(printer, size).text, !has_glibc(story) ? "" :
			  ": consistent with glibc's malloc, which keeps what is aligned for an arena");
		return;
	}
	prose_add(prose, "%s went back to the kernel", size_of(printer, size).text);
	if (call->what.kind != KIND_MALLOC || !has_glibc(story)) {
		prose_add(prose, ".");
		return;
	}
	prose_add(prose, ", probably because one large block was freed.");
	if (!story->set && size > story->freed && size > MALLOC_MIN && size <= THRESHOLD_MAX) {
		prose_add(prose, " From then on glibc takes blocks up to this size from the heap, unless a setting "
			  "of mallopt(3) prevents it.");
		story->freed = size;
	}
}

static void explain_access(struct prose *prose, const struct printer *printer, const struct story *story,
			   const struct call *call)
{
	const struct number size = size_of(printer, call->length);
	char prot[4];

	prot_text(call->prot, prot);
	if (has_glibc(story) && call->what.kind == KIND_ARENA && call->prot & PROT_WRITE)
		prose_add(prose, "%s can be used now: consistent with an arena of glibc's malloc that grows.",
			  size.text);
	else if (call->what.kind == KIND_STACK && call->prot & PROT_WRITE)
		prose_add(prose, "%s of the stack can be used now.", size.text);
	else if (call->what.file && !(call->prot & PROT_WRITE))
		prose_add(prose, "%s of %s cannot be written to any more.", size.text, call->what.file);
	else
		prose_add(prose, "The access to %s is now %s.", size.text, prot);
}

static void explain_advice(struct prose *prose, const struct printer *printer, const struct call *call)
{
	char flags[FLAGS_TEXT_MAX];

	flags_text(call, flags);
	if (call->flags == MADV_DONTNEED && call->what.kind == KIND_STACK)
		prose_add(prose, "The stack stays mapped, without content: consistent with the end of a thread.");
	else if (call->flags == MADV_DONTNEED || call->flags == MADV_FREE)
		prose_add(prose, "%s went back to the kernel%s, although they stay mapped.",
			  size_of(printer, call->length).text, call->flags == MADV_FREE ? " as soon as it needs them" : "");
	else
		prose_add(prose, "A hint to the kernel about %s: %s.", size_of(printer, call->length).text, flags);
}

static void explain_remap(struct prose *prose, const struct printer *printer, const struct story *story,
			  const struct call *call)
{
	prose_add(prose, "A mapping of %s became one of %s%s", size_of(printer, call->length).text,
		  size_of(printer, call->new_length).text, call->addr == call->request ? "" : ", elsewhere");
	prose_add(prose, call->what.kind == KIND_MALLOC && has_glibc(story) ?
		  ", as glibc's realloc does with large blocks." : ".");
}

void explain_call(struct printer *printer, struct story *story, const struct call *call)
{
	struct prose prose = { .len = 0 };

	explain_mapping(story, &call->what);
	if (call_is_refused(call))
		explain_refusal(&prose, call);
	else if (call->id == CALL_BRK)
		explain_brk(&prose, printer, story, call);
	else if (call->id == CALL_MMAP)
		explain_new(&prose, printer, story, call);
	else if (call->id == CALL_MUNMAP)
		explain_old(&prose, printer, story, call);
	else if (call->id == CALL_MREMAP)
		explain_remap(&prose, printer, story, call);
	else if (call->id == CALL_MPROTECT)
		explain_access(&prose, printer, story, call);
	else
		explain_advice(&prose, printer, call);
	/* An arena grows page by page. */
	if (!strcmp(story->said, prose.text))
		return;
	memcpy(story->said, prose.text, strlen(prose.text) + 1);
	prose_put(printer->out, prose.text);
}
