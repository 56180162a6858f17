// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "explain/mappings.h"
#include "explain/refusal.h"

/* The kernel compares with a count that may be off by this part of memory. */
#define COUNT_ERROR	256

/* Of now; sizes in bytes. */
struct memory_values {
	uint64_t overcommit;
	uint64_t most_mappings;
	uint64_t commit_limit;
	uint64_t memory;	/* with swap */
	uint64_t for_root;	/* what is kept from the process of the limit */
	uint64_t for_user;
	bool at_most;		/* it could not be asked what these two are for it */
};

/* By how much the mapping of the heap was to grow. */
static uint64_t growth(const struct refusal *r)
{
	return page_align(r->snap, r->request) - page_align(r->snap, r->old);
}

/* Less may be kept from this process than from others. */
static bool reserves_read(const struct refusal *r, struct memory_values *v)
{
	uint64_t size, page = page_size_of(r->snap);
	bool admin = r->task && live_is_admin(live_open(r->how, "%d/status", r->task),
					      live_open(r->how, "%d/uid_map", r->task));

	if (!r->task || !live_numbers(live_open(r->how, "%d/status", r->task), "VmSize", &size, 1) ||
	    !live_is_same(r->how, r->snap))
		return false;
	size = size * 1024 / page / 32 * page;
	if (v->for_user > size)
		v->for_user = size;
	if (admin)
		v->for_root = 0;
	return true;
}

/* As __vm_enough_memory() has it. */
static bool memory_read(const struct refusal *r, struct memory_values *v)
{
	uint64_t ram, swap;

	if (!sysctl_read(r->how, "overcommit_memory", &v->overcommit) ||
	    !sysctl_read(r->how, "max_map_count", &v->most_mappings) ||
	    !sysctl_read(r->how, "admin_reserve_kbytes", &v->for_root) ||
	    !sysctl_read(r->how, "user_reserve_kbytes", &v->for_user) ||
	    !live_numbers(live_open(r->how, "meminfo"), "CommitLimit", &v->commit_limit, 1) ||
	    !live_numbers(live_open(r->how, "meminfo"), "MemTotal", &ram, 1) ||
	    !live_numbers(live_open(r->how, "meminfo"), "SwapTotal", &swap, 1))
		return false;
	v->commit_limit *= 1024;
	v->memory = (ram + swap) * 1024;
	v->for_root *= 1024;
	v->for_user *= 1024;
	v->at_most = !reserves_read(r, v);
	return true;
}

static void say_commit_limit(const struct refusal *r, const struct memory_values *v, uint64_t promised)
{
	const char *most = v->at_most ? "up to " : "";

	prose_add(r->prose, "sysctl vm.overcommit_memory is now 2: all processes together may be promised no more "
		  "than CommitLimit, %s", refusal_size(r, v->commit_limit).text);
	if (v->for_root)
		prose_add(r->prose, ", less %s%s for root (vm.admin_reserve_kbytes)", most,
			  refusal_size(r, v->for_root).text);
	if (v->for_user)
		prose_add(r->prose, ", less %s%s for the user's other programs (vm.user_reserve_kbytes)", most,
			  refusal_size(r, v->for_user).text);
	prose_add(r->prose, ". %s had been promised before. Add swap, raise vm.overcommit_ratio, or set "
		  "vm.overcommit_memory=0.", refusal_size(r, promised).text);
}

void explain_no_memory(const struct refusal *r)
{
	const uint64_t promised = r->needed * page_size_of(r->snap);
	struct memory_values v;

	if (!memory_read(r, &v) || !r->limit) {
		prose_add(r->prose, "the kernel had no memory for it, or kept it for others: check sysctl "
			  "vm.overcommit_memory and vm.max_map_count, and how much memory is free.");
		if (r->limit)
			prose_add(r->prose, " The process had %" PRIu64 " mappings, and all processes "
				  "together had been promised %s.", r->limit, refusal_size(r, promised).text);
	} else if (r->limit > v.most_mappings) {
		prose_add(r->prose, "the process had %" PRIu64 " mappings, and sysctl vm.max_map_count is now %"
			  PRIu64 ". Raise that, or let the program map less.", r->limit, v.most_mappings);
	} else if (v.overcommit == 2 && promised + growth(r) + v.memory / COUNT_ERROR +
		   v.for_root + v.for_user >= v.commit_limit) {
		say_commit_limit(r, &v, promised);
	} else if (v.overcommit == 0 && growth(r) > v.memory) {
		prose_add(r->prose, "that is more than the machine's memory and swap together, %s. "
			  "Ask for less, add swap, or set sysctl vm.overcommit_memory=1.",
			  refusal_size(r, v.memory).text);
	} else {
		prose_add(r->prose, "the kernel had no memory for it. The current settings allow it: the process "
			  "had %" PRIu64 " mappings (vm.max_map_count is now %" PRIu64 "), and all processes "
			  "together had been promised %s (vm.overcommit_memory is now %" PRIu64 ", CommitLimit "
			  "%s). So the settings were different then, or the kernel had no page left for its own use.",
			  r->limit, v.most_mappings, refusal_size(r, promised).text, v.overcommit,
			  refusal_size(r, v.commit_limit).text);
	}
	prose_add(r->prose, " glibc's malloc tries mmap next.");
}
