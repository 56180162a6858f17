// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "explain/proc-pid.h"
#include "explain/mappings.h"
#include "explain/refusal.h"

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
		"the limit does not apply without MCL_FUTURE, nor to a process with CAP_IPC_LOCK",
	},
};

/* Of now. */
struct limit_values {
	uint64_t soft_hard[2];
	uint64_t needed;	/* for the same request */
};

static bool limit_read(const struct refusal *r, const struct limit *limit,
		       struct limit_values *v)
{
	const struct brkwatch_snapshot *snap = r->snap;
	uint64_t end = page_align(snap, r->request), now = page_align(snap, snap->brk);
	uint64_t data[2], heap;

	if (!r->task ||
	    !live_numbers(live_open(r->how, "%d/limits", r->task), limit->limits_key, v->soft_hard, 2) ||
	    !live_numbers(live_open(r->how, "%d/status", r->task), limit->status_key, &v->needed, 1))
		return false;
	v->needed = v->needed * 1024 + (end > now ? end - now : 0);
	if (*limit->reason == 'r' && *limit->prlimit == 'd') {
		/* start_data and end_data: the kernel's first test is of these and the heap alone. */
		if (!live_stat(live_open(r->how, "%d/stat", r->task), 45, data, 2))
			return false;
		heap = r->request - snap->start_brk + data[1] - data[0];
		/* The second one is of the rest as well, in whole pages. */
		if (v->needed < heap)
			v->needed = heap;
	}
	return live_is_same(r->how, r->snap);
}

/* Two sizes that differ look different, too. */
static struct number exact(const struct refusal *r, uint64_t size, uint64_t other)
{
	struct number a = refusal_size(r, size), b = refusal_size(r, other);

	if (size == BRKWATCH_NONE)
		return (struct number){ "unlimited" };
	if (size == other || strcmp(a.text, b.text) != 0)
		return a;
	return prose_size(size, true);
}

static void say_limit(const struct refusal *r, const char *fmt, uint64_t limit, uint64_t needed)
{
	prose_add(r->prose, fmt, exact(r, limit, needed).text, exact(r, needed, limit).text);
}

/* Tests compare pages: so much is enough. */
static void advise_limit(const struct refusal *r, const struct limit *limit,
			 const struct limit_values *now, uint64_t needed)
{
	const char *hard = now && needed > now->soft_hard[1] ? " as root" : "";

	needed = page_align(r->snap, needed);
	prose_add(r->prose, " Raise it with 'ulimit" PROSE_BLANK "-%c", limit->ulimit);
	if (needed)
		prose_add(r->prose, PROSE_BLANK "%" PRIu64, (needed + 1023) / 1024);
	prose_add(r->prose, "' before the program is started");
	if (now)
		prose_add(r->prose, ", or now%s with 'prlimit" PROSE_BLANK "--pid" PROSE_BLANK "%d"
			  PROSE_BLANK "--%s=%" PRIu64 ":", hard, r->pid, limit->prlimit, needed);
	if (*hard)
		prose_add(r->prose, "%" PRIu64, needed);
	prose_add(r->prose, "%s; %s.", now ? "'" : "", limit->malloc);
}

static void explain_limit(const struct refusal *r, const struct limit *limit)
{
	struct limit_values v = { .needed = r->needed };
	bool now = limit_read(r, limit, &v), differs = v.soft_hard[0] != r->limit || v.needed != r->needed;

	prose_add(r->prose, "%s, the limit on %s, ", limit->name, limit->what);
	if (r->needed)
		say_limit(r, "was %s: %s would have been needed.", r->limit, r->needed);
	else
		prose_add(r->prose, "did not allow it; the numbers at that moment are unknown.");
	if (now && v.needed <= v.soft_hard[0]) {
		say_limit(r, " It is now %s, which allows it: %s would be needed.", v.soft_hard[0], v.needed);
		return;
	}
	if (now && differs)
		say_limit(r, " It is now %s, and %s would be needed.", v.soft_hard[0], v.needed);
	advise_limit(r, limit, now ? &v : NULL, v.needed);
}

/* ---- the others ---- */

static void explain_killed(const struct refusal *r)
{
	prose_add(r->prose, "a signal killed the process while the call waited its turn, so it was "
		  "not carried out. Nothing needs to be changed.");
}

#define BELOW_START "The program must correct the address: sbrk asks for such a break when a program gives " \
	"back more than the heap has, and glibc's malloc when other code has moved the break."

static void explain_below_start(const struct refusal *r)
{
	uint64_t start = r->limit ?: r->snap->start;

	prose_add(r->prose, "a break at %s would be ", address_text(r->request).text);
	if (start)
		prose_add(r->prose, "%s below the start of the heap, %s. " BELOW_START,
			  refusal_size(r, start - r->request).text, address_text(start).text);
	else
		prose_add(r->prose, "below the start of the heap. " BELOW_START);
}

static void explain_address_limit(const struct refusal *r)
{
	prose_add(r->prose, "a break at %s lies outside of the addresses that a program can have",
		  address_text(r->request).text);
	if (r->limit)
		prose_add(r->prose, ", which end at %s", address_text(r->limit).text);
	prose_add(r->prose, ". The program must correct the address or the size: a negative number or "
		  "an overflow looks like this.");
}

/* The first mapping that ends above @address, now. */
static bool find_above(const struct refusal *r, uint64_t address, struct mapping *m)
{
	struct mappings maps;
	bool found = false;

	if (!mappings_open(&maps, r->how, r->snap))
		return false;
	while (!found && mappings_next(&maps, m))
		found = m->end > address;
	mappings_close(&maps);
	return found && live_is_same(r->how, r->snap);
}

#define MALLOC_MAPS " glibc's malloc goes on with mmap. A program that calls sbrk itself " \
	"gets ENOMEM, and must keep all its mappings away from the heap."

/* What is now where the obstacle was. */
static void say_whether_gone(const struct refusal *r)
{
	struct mapping m;

	if (!find_above(r, r->limit, &m))
		return;
	if (page_align(r->snap, r->snap->brk) > r->limit)
		prose_add(r->prose, " It is gone: now the heap is there.");
	else if (m.start > r->limit)
		prose_add(r->prose, " It is gone: now nothing is there.");
	else if (m.start < page_align(r->snap, r->snap->brk))
		/* The kernel joins neighbours that are alike. */
		prose_add(r->prose, " It is still there (/proc/PID/maps shows both as one mapping).");
	else
		prose_add(r->prose, " Now %s is there.", mapping_name(m.name));
}

static void explain_next_mapping(const struct refusal *r)
{
	uint64_t end = page_align(r->snap, r->old), page = page_size_of(r->snap);

	if (!r->limit) {
		prose_add(r->prose, "another mapping was in the way. Which one is not known: %s." MALLOC_MAPS,
			  r->needed ? "others may have changed the mappings at that moment" :
			  "the numbers at that moment are unknown");
		return;
	}
	if (r->limit <= end)
		prose_add(r->prose, "other memory was mapped right where the heap ended, at %s",
			  address_text(end).text);
	else
		prose_add(r->prose, "the next mapping began at %s, %s above the heap's last page",
			  address_text(r->limit).text, refusal_size(r, r->limit - end).text);
	if (r->needed == r->limit + page)
		prose_add(r->prose, ", of which the last page (%s) has to stay free", refusal_size(r, page).text);
	else if (r->needed <= r->limit)
		prose_add(r->prose, "; it was a stack, below which the kernel keeps a gap free "
			  "(stack_guard_gap, by default 256 pages%s)",
			  r->needed == r->limit ? ", or one page below a shadow stack" : "");
	prose_add(r->prose, ".");
	say_whether_gone(r);
	prose_add(r->prose, MALLOC_MAPS);
}

/* Of what the shrink was to unmap. */
static void explain_unmap(const struct refusal *r)
{
	uint64_t from = page_align(r->snap, r->request), to = page_align(r->snap, r->old), most;
	struct mapping m = { 0 };
	bool asked = find_above(r, from, &m);

	if (asked && m.start >= to) {
		prose_add(r->prose, "the kernel could not unmap it. Now nothing is mapped there any more: the "
			  "program has used munmap or mremap on its heap, which it must not.");
		return;
	}
	if (asked && m.sealed) {
		prose_add(r->prose, "the kernel could not unmap it: the heap's mapping is sealed (mseal), "
			  "which cannot be undone.");
		return;
	}
	prose_add(r->prose, "the kernel could not unmap it: it was unmapped or sealed before, or its mapping "
		  "could not be split, because it is of huge pages, memory was short, or there would have been too many "
		  "mappings");
	if (r->limit)
		prose_add(r->prose, ", of which there were %" PRIu64, r->limit);
	if (sysctl_read(r->how, "max_map_count", &most))
		prose_add(r->prose, " (sysctl vm.max_map_count is now %" PRIu64 ").", most);
	else
		prose_add(r->prose, " (sysctl vm.max_map_count).");
}

/* 1 or 0; -1: there is no module to ask. */
static int grow_is_probed(const struct refusal *r)
{
	struct brkwatch_stats *stats;
	int probed = -1;
	const char *name;

	if (!r->how->bw || brkwatch_stats_open(&stats, r->how->bw))
		return probed;
	for (size_t i = 0; (name = brkwatch_stats_probe(stats, i, "probe")); i++)
		if (!strcmp(name, "do_brk_flags"))
			probed = !strcmp(brkwatch_stats_probe(stats, i, "state") ?: "armed", "armed");
	brkwatch_stats_close(stats);
	return probed;
}

/* Of so many refusals, the newest, the module has the numbers. */
#define EVIDENCE_KEPT	5

/* Which proof is missing. */
static void explain_unknown(const struct refusal *r)
{
	int probed = grow_is_probed(r);

	prose_add(r->prose, "the kernel refused, and the reason is unknown: ");
	if (r->needed) {
		prose_add(r->prose, "private writable memory ");
		say_limit(r, "would have exceeded RLIMIT_DATA (%s) and become %s; ", r->limit, r->needed);
		prose_add(r->prose, "but this kernel has allowed that before (boot option ignore_rlimit_data), "
			  "so the cause may also be a lack of memory.");
	} else if (r->limit) {
		prose_add(r->prose, "new memory has to be locked (mlockall(MCL_FUTURE)), and RLIMIT_MEMLOCK was %s; "
			  "how much was locked at that moment is not known, because other threads may have locked "
			  "or unlocked memory. The cause may also be what the kernel tests after this limit.",
			  refusal_size(r, r->limit).text);
	} else if (!probed) {
		prose_add(r->prose, "the function that would tell, do_brk_flags, has no probe on this kernel "
			  "(see stats in %s).", brkwatch_directory(r->how->bw));
	} else {
		prose_add(r->prose, "no limit and no mapping that the module can see explains it. It may have been a "
			  "security module or the architecture, which leave no trace%s.",
			  probed > 0 ? "" : ", or do_brk_flags had no probe");
		if (r->snap->refused > EVIDENCE_KEPT)
			prose_add(r->prose, " Or numbers that are kept for the newest five refusals only would tell.");
	}
}

static const struct {
	const char *name;
	void (*explain)(const struct refusal *r);
} reasons[] = {
	{ "killed", explain_killed },
	{ "below_start", explain_below_start },
	{ "unmap", explain_unmap },
	{ "address_limit", explain_address_limit },
	{ "next_mapping", explain_next_mapping },
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
		  refusal_size(r, more ? r->request - r->old : r->old - r->request).text,
		  more ? "more" : "less", pages, pages == 1 ? "" : "s");
}

static uint64_t evidence(struct brkwatch_event *ev, enum brkwatch_field id)
{
	if (slice_is(ev->field[id], "-"))
		return 0;
	return scan_is_hex(ev->field[id].text) ? event_address(ev, id) : event_unsigned(ev, id);
}

void refusal_explain(struct prose *prose, const struct explain_how *how, const struct brkwatch_snapshot *snap,
		     struct brkwatch_event *ev)
{
	const struct refusal r = {
		.prose = prose, .how = how, .snap = snap, .pid = (pid_t)snap->pid,
		.request = event_address(ev, BRKWATCH_REQUEST), .old = event_address(ev, BRKWATCH_OLD),
		.limit = evidence(ev, BRKWATCH_LIMIT), .needed = evidence(ev, BRKWATCH_NEEDED),
		.task = live_task(how, snap),
	};

	explain_request(&r);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (slice_is(ev->field[BRKWATCH_REASON], limits[i].reason)) {
			explain_limit(&r, &limits[i]);
			return;
		}
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (slice_is(ev->field[BRKWATCH_REASON], reasons[i].name)) {
			reasons[i].explain(&r);
			return;
		}
	}
	prose_add(prose, "was refused for a reason that this brkwatch-cli does not know; use a newer one.");
}
