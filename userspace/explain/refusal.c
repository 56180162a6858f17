// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "explain/proc-pid.h"
#include "explain/mappings.h"
#include "explain/refusal.h"

struct refusal {
	struct prose *prose;
	const struct explain_how *how;
	const struct brkwatch_snapshot *snap;
	pid_t pid;
	uint64_t request;
	uint64_t old;
	bool live;	/* the process can be asked; what it says counts once live_is_same() */
};

static struct number size_of(const struct refusal *r, uint64_t size)
{
	return prose_size(size, r->how->bytes);
}

/* By how much the mapping of the heap was to grow. */
static uint64_t growth(const struct refusal *r)
{
	uint64_t end = page_align(r->snap, r->request), old = page_align(r->snap, r->old);

	return end > old ? end - old : 0;
}

static bool still_same(const struct refusal *r)
{
	return live_is_same(r->how, r->snap);
}

/* ---- limits ---- */

struct limit {
	const char *reason;
	const char *name;
	const char *what;	/* is limited */
	const char *limits_key;
	const char *status_key;
	const char *prlimit;
	char ulimit;
	const char *malloc;	/* what becomes of it, or another way out */
};

static const struct limit limits[] = {
	{
		"rlimit_data", "RLIMIT_DATA", "the heap, the data segment and other private writable memory",
		"Max data size", "VmData", "data", 'd',
		"glibc's malloc tries mmap next, to which this limit applies as well",
	}, {
		"rlimit_as", "RLIMIT_AS", "all that the process maps",
		"Max address space", "VmSize", "as", 'v',
		"glibc's malloc tries mmap next, to which this limit applies as well",
	}, {
		"mlock_limit", "RLIMIT_MEMLOCK",
		"memory locked by mlock and, after mlockall(MCL_FUTURE), by every growth",
		"Max locked memory", "VmLck", "memlock", 'l',
		"it is not asked without MCL_FUTURE, nor of a process that has CAP_IPC_LOCK",
	},
};

struct limit_values {
	uint64_t soft_hard[2];
	uint64_t used;
	uint64_t needed;	/* for the same request now */
};

static bool limit_read(const struct refusal *r, const struct limit *limit,
		       struct limit_values *v)
{
	const struct brkwatch_snapshot *snap = r->snap;
	uint64_t end = page_align(snap, r->request), now = page_align(snap, snap->brk);
	uint64_t data[2], heap;

	if (!r->live ||
	    !live_numbers(live_open(r->how, "%d/limits", r->pid), limit->limits_key, v->soft_hard, 2) ||
	    !live_numbers(live_open(r->how, "%d/status", r->pid), limit->status_key, &v->used, 1))
		return false;
	v->used *= 1024;
	v->needed = v->used + (end > now ? end - now : 0);
	if (*limit->reason == 'r' && *limit->prlimit == 'd') {
		/* start_data and end_data: the kernel's first test is of these and the heap alone. */
		if (!live_stat(live_open(r->how, "%d/stat", r->pid), 45, data, 2))
			return false;
		heap = page_align(snap, r->request - snap->start_brk + data[1] - data[0]);
		if (v->needed < heap)
			v->needed = heap;
	}
	return still_same(r);
}

/* Two sizes that differ look different, too. */
static struct number exact(const struct refusal *r, uint64_t size, uint64_t other)
{
	struct number a = size_of(r, size), b = size_of(r, other);

	if (size == other || strcmp(a.text, b.text) != 0)
		return a;
	return prose_size(size, true);
}

static void advise_limit(const struct refusal *r, const struct limit *limit,
			 const struct limit_values *v)
{
	const char *hard = v->needed > v->soft_hard[1] ? " as root" : "";

	prose_add(r->prose, ". Raise it%s with 'prlimit" PROSE_BLANK "--pid" PROSE_BLANK "%d"
		  PROSE_BLANK "--%s=%" PRIu64 ":", hard, r->pid, limit->prlimit, v->needed);
	if (*hard)
		prose_add(r->prose, "%" PRIu64, v->needed);
	prose_add(r->prose, "', or before the program is started with 'ulimit" PROSE_BLANK "-%c"
		  PROSE_BLANK "%" PRIu64 "'; %s.", limit->ulimit, (v->needed + 1023) / 1024,
		  limit->malloc);
}

/* Nobody can be asked any more. */
static void explain_limit_only(const struct refusal *r, const struct limit *limit)
{
	uint64_t heap = r->request - r->snap->start;

	prose_add(r->prose, "%s, the limit on %s, did not allow it", limit->name, limit->what);
	if (*limit->prlimit == 'd' && r->snap->start && r->snap->data_limit != BRKWATCH_NONE)
		prose_add(r->prose, ": it was %s in the end, and the heap alone would have been %s",
			  exact(r, r->snap->data_limit, heap).text,
			  exact(r, heap, r->snap->data_limit).text);
	prose_add(r->prose, ". It is raised with 'ulimit" PROSE_BLANK "-%c' before the program is "
		  "started, or with 'prlimit" PROSE_BLANK "--%s' while it runs; %s.", limit->ulimit,
		  limit->prlimit, limit->malloc);
}

static void explain_limit(const struct refusal *r, const struct limit *limit)
{
	struct limit_values v;

	if (!limit_read(r, limit, &v)) {
		explain_limit_only(r, limit);
		return;
	}
	prose_add(r->prose, "%s, the limit on %s, ", limit->name, limit->what);
	if (v.needed <= v.soft_hard[0]) {
		prose_add(r->prose, "did not allow it then. Now it would: %s of %s are needed.",
			  size_of(r, v.needed).text, v.soft_hard[0] == BRKWATCH_NONE ? "unlimited" :
			  size_of(r, v.soft_hard[0]).text);
		return;
	}
	prose_add(r->prose, "is %s: %s are used and %s would be needed",
		  exact(r, v.soft_hard[0], v.needed).text, exact(r, v.used, v.needed).text,
		  exact(r, v.needed, v.soft_hard[0]).text);
	advise_limit(r, limit, &v);
}

static void explain_rlimit_data(const struct refusal *r)
{
	explain_limit(r, &limits[0]);
}

static void explain_rlimit_as(const struct refusal *r)
{
	explain_limit(r, &limits[1]);
}

static void explain_mlock_limit(const struct refusal *r)
{
	explain_limit(r, &limits[2]);
}

/* ---- the others ---- */

static void explain_killed(const struct refusal *r)
{
	prose_add(r->prose, "a signal killed the process while the call waited its turn, so it was "
		  "not carried out. Nothing needs to be changed.");
}

#define BELOW_START "The program has to correct the address: sbrk asks for that when more is to be " \
	"given back than there is, and glibc's malloc when others have moved the break."

static void explain_below_start(const struct refusal *r)
{
	if (!r->snap->start) {
		prose_add(r->prose, "a break at %s would be below the start of the heap, which is "
			  "fixed. " BELOW_START, address_text(r->request).text);
		return;
	}
	prose_add(r->prose, "a break at %s would be %s below the start of the heap, %s, which is "
		  "fixed. " BELOW_START, address_text(r->request).text,
		  size_of(r, r->snap->start - r->request).text, address_text(r->snap->start).text);
}

static void explain_address_limit(const struct refusal *r)
{
	prose_add(r->prose, "a break at %s lies outside of the addresses that a program can have. "
		  "The program has to correct the address or the size: a negative number or an "
		  "overflow looks like this.", address_text(r->request).text);
}

/* The first mapping that ends above @address. */
static bool find_above(const struct refusal *r, uint64_t address, struct mapping *m)
{
	struct mappings maps;
	bool found = false;

	if (!r->live || !mappings_open(&maps, r->how, r->snap))
		return false;
	while (!found && mappings_next(&maps, m))
		found = m->end > address;
	mappings_close(&maps);
	return found && still_same(r);
}

#define MALLOC_MAPS "glibc's malloc goes on with mmap. A program that calls sbrk itself " \
	"gets ENOMEM, and has to keep what it maps, or is mapped for it, away from the heap."

static void explain_next_mapping(const struct refusal *r)
{
	uint64_t end = page_align(r->snap, r->old), page = page_size_of(r->snap);
	struct mapping m = { .start = r->snap->next_mapping };
	bool known = find_above(r, end, &m);

	if (!known && (m.start == BRKWATCH_NONE || m.start < end)) {
		prose_add(r->prose, "another mapping was in the way, which is not known any more. "
			  MALLOC_MAPS);
		return;
	}
	/* The kernel joins neighbours that are alike: in maps they are the heap then. */
	if (m.start <= end) {
		prose_add(r->prose, "other memory has been mapped right where the heap ends, at %s "
			  "(%s). " MALLOC_MAPS, address_text(end).text,
			  m.start < end ? "maps shows the two as one" :
			  known ? mapping_name(m.name) : "its name is not known");
		return;
	}
	prose_add(r->prose, "the next mapping%s%s%s begins at %s, %s above the heap's last page",
		  known ? ", " : "", known ? mapping_name(m.name) : "", known ? "," : "",
		  address_text(m.start).text, size_of(r, m.start - end).text);
	if (growth(r) + page > m.start - end)
		prose_add(r->prose, ", of which the last page (%s) has to stay free. " MALLOC_MAPS,
			  size_of(r, page).text);
	else if (m.grows_down)
		prose_add(r->prose, "; it is a stack, below which the kernel keeps a gap free "
			  "(stack_guard_gap, by default 256 pages). " MALLOC_MAPS);
	else
		prose_add(r->prose, ", which would do: what was in the way is gone, or was a "
			  "stack's guard gap or a security module.");
}

static uint64_t count_mappings(const struct refusal *r)
{
	struct mappings maps;
	struct mapping m;
	uint64_t n = 0;

	if (!mappings_open(&maps, r->how, r->snap))
		return 0;
	/* Those the kernel lends to every process are not counted. */
	while (mappings_next(&maps, &m))
		n += strcmp(m.name, "[vsyscall]") != 0;
	mappings_close(&maps);
	return n;
}

/* Of what the shrink was to unmap. */
static void explain_unmap(const struct refusal *r)
{
	uint64_t from = page_align(r->snap, r->request), to = page_align(r->snap, r->old), most;
	struct mapping m = { 0 };
	bool known = find_above(r, from, &m);

	if (known && m.start >= to)
		prose_add(r->prose, "nothing is mapped there any more: by munmap or mremap, which the "
			  "program must not use on its heap.");
	else if (known && m.sealed)
		prose_add(r->prose, "the heap's mapping is sealed (mseal), which cannot be undone.");
	else if (known && live_numbers(live_open(r->how, "sys/vm/max_map_count"), "", &most, 1))
		prose_add(r->prose, "the kernel could not unmap it: %s at %s has been changed, or "
			  "splitting it made too many mappings (%" PRIu64 " of %" PRIu64
			  ", sysctl vm.max_map_count).", mapping_name(m.name),
			  address_text(m.start).text, count_mappings(r), most);
	else
		prose_add(r->prose, "the kernel could not unmap it: it was unmapped or sealed before, "
			  "or the process has too many mappings (sysctl vm.max_map_count).");
}

struct memory_values {
	uint64_t overcommit;
	uint64_t committed;
	uint64_t commit_limit;
	uint64_t ram;
	uint64_t swap;
	uint64_t mappings;
	uint64_t most_mappings;
};

static bool memory_read(const struct refusal *r, struct memory_values *v)
{
	const struct {
		const char *file, *key;
		uint64_t *value, unit;
	} wanted[] = {
		{ "sys/vm/overcommit_memory", "", &v->overcommit, 1 },
		{ "sys/vm/max_map_count", "", &v->most_mappings, 1 },
		{ "meminfo", "Committed_AS", &v->committed, 1024 },
		{ "meminfo", "CommitLimit", &v->commit_limit, 1024 },
		{ "meminfo", "MemTotal", &v->ram, 1024 },
		{ "meminfo", "SwapTotal", &v->swap, 1024 },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (!r->live ||
		    !live_numbers(live_open(r->how, "%s", wanted[i].file), wanted[i].key,
				  wanted[i].value, 1))
			return false;
		*wanted[i].value *= wanted[i].unit;
	}
	v->mappings = count_mappings(r);
	return still_same(r);
}

static void explain_no_memory(const struct refusal *r)
{
	struct memory_values v;

	if (!memory_read(r, &v))
		prose_add(r->prose, "the kernel had no memory for it: look at sysctl "
			  "vm.overcommit_memory and vm.max_map_count, and at free memory. ");
	else if (v.mappings > v.most_mappings)
		prose_add(r->prose, "the process has %" PRIu64 " mappings, and sysctl vm.max_map_count "
			  "is %" PRIu64 ". Raise that, or let the program map less. ", v.mappings,
			  v.most_mappings);
	else if (v.overcommit == 2 && v.committed + growth(r) > v.commit_limit)
		prose_add(r->prose, "sysctl vm.overcommit_memory is 2, so that all processes together "
			  "may be promised no more than CommitLimit, %s, and have been promised %s. "
			  "Add swap, raise vm.overcommit_ratio, or set vm.overcommit_memory=0. ",
			  size_of(r, v.commit_limit).text, size_of(r, v.committed).text);
	else if (v.overcommit == 0 && growth(r) > v.ram + v.swap)
		prose_add(r->prose, "that is more than the machine's memory and swap together, %s. "
			  "Ask for less, add swap, or set sysctl vm.overcommit_memory=1. ",
			  size_of(r, v.ram + v.swap).text);
	else
		prose_add(r->prose, "the kernel had no memory for it. It might have now: %s of %s are "
			  "promised (sysctl vm.overcommit_memory is %" PRIu64 "), and the process has "
			  "%" PRIu64 " of %" PRIu64 " mappings (vm.max_map_count). ",
			  size_of(r, v.committed).text, size_of(r, v.commit_limit).text,
			  v.overcommit, v.mappings, v.most_mappings);
	prose_add(r->prose, "glibc's malloc tries mmap next.");
}

static void explain_unknown(const struct refusal *r)
{
	prose_add(r->prose, "why not is unknown: other calls overlapped this one, or a probe of the "
		  "module is not armed (see stats in %s).", r->live ? brkwatch_directory(r->how->bw) :
		  "/proc/brkwatch");
}

static const struct {
	const char *name;
	void (*explain)(const struct refusal *r);
} reasons[] = {
	{ "killed", explain_killed },
	{ "below_start", explain_below_start },
	{ "rlimit_data", explain_rlimit_data },
	{ "unmap", explain_unmap },
	{ "address_limit", explain_address_limit },
	{ "mlock_limit", explain_mlock_limit },
	{ "next_mapping", explain_next_mapping },
	{ "rlimit_as", explain_rlimit_as },
	{ "no_memory", explain_no_memory },
	{ "unknown", explain_unknown },
};

/* What was asked for. */
static void explain_request(const struct refusal *r)
{
	uint64_t end = page_align(r->snap, r->request), old = page_align(r->snap, r->old), pages;
	bool more = r->request > r->old;

	/* The last page of all has no end. */
	if (more && end < old) {
		prose_add(r->prose, "The program asked for the highest addresses there are, but ");
		return;
	}
	pages = (more ? end - old : old - end) / page_size_of(r->snap);
	prose_add(r->prose, "The program asked for %s %s (%" PRIu64 " page%s), but ",
		  size_of(r, more ? r->request - r->old : r->old - r->request).text,
		  more ? "more" : "less", pages, pages == 1 ? "" : "s");
}

void refusal_explain(struct prose *prose, const struct explain_how *how, const struct brkwatch_snapshot *snap,
		     struct brkwatch_event *ev)
{
	const struct refusal r = {
		.prose = prose, .how = how, .snap = snap, .pid = (pid_t)snap->pid,
		.request = event_address(ev, BRKWATCH_REQUEST), .old = event_address(ev, BRKWATCH_OLD),
		.live = can_be_asked(how, snap),
	};

	explain_request(&r);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (slice_is(ev->field[BRKWATCH_REASON], reasons[i].name)) {
			reasons[i].explain(&r);
			return;
		}
	}
	prose_add(prose, "was refused for a reason that is newer than this brkwatch-cli.");
}
