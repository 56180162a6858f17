// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel does not say which of its tests has refused a call. They are done again, in its order,
 * with what the process has soon after.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "explain/proc-pid.h"
#include "libbrkwatch/task.h"
#include "malloc/reasons.h"

/* ---- what there is ---- */

/* In units of so many bytes, from a file of /proc. 0: it is not there. */
static uint64_t number_of(const char *file, const char *key, uint64_t unit)
{
	uint64_t value;

	if (!live_numbers(fopen(file, "re"), key, &value, 1))
		return 0;
	return value == UINT64_MAX ? value : value * unit;
}

/* The same of a process's file. */
static uint64_t number_of_process(pid_t pid, const char *file, const char *key, uint64_t unit)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return number_of(path, key, unit);
}

static uint64_t count_mappings(pid_t pid)
{
	char path[64];
	uint64_t n = 0;
	FILE *file;
	int c;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	while (file && (c = getc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

/* What the kernel keeps from the process of the limit, as __vm_enough_memory() has it. */
static uint64_t reserved(const struct facts *facts, pid_t pid)
{
	const bool admin = live_is_admin(task_open(pid, "status"), task_open(pid, "uid_map"));
	const uint64_t for_root = admin ? 0 : number_of("/proc/sys/vm/admin_reserve_kbytes", "", 1024);
	const uint64_t for_user = number_of("/proc/sys/vm/user_reserve_kbytes", "", 1024), part = facts->size / 32;

	return for_root + (for_user < part ? for_user : part);
}

void facts_read(struct facts *facts, pid_t pid)
{
	uint64_t kept;

	pid = task_with_memory("/proc", pid);
	*facts = (struct facts){
		.size = number_of_process(pid, "status", "VmSize", 1024),
		.data = number_of_process(pid, "status", "VmData", 1024),
		.locked = number_of_process(pid, "status", "VmLck", 1024),
		.size_limit = number_of_process(pid, "limits", "Max address space", 1),
		.data_limit = number_of_process(pid, "limits", "Max data size", 1),
		.locked_limit = number_of_process(pid, "limits", "Max locked memory", 1),
		.mappings = count_mappings(pid),
		.most_mappings = number_of("/proc/sys/vm/max_map_count", "", 1),
		.overcommit = number_of("/proc/sys/vm/overcommit_memory", "", 1),
		.promised = number_of("/proc/meminfo", "Committed_AS", 1024),
		.commit_limit = number_of("/proc/meminfo", "CommitLimit", 1024),
		.memory = number_of("/proc/meminfo", "MemTotal", 1024) + number_of("/proc/meminfo", "SwapTotal", 1024),
	};
	kept = reserved(facts, pid);
	facts->commit_limit -= kept < facts->commit_limit ? kept : facts->commit_limit;
	/* It may have ended meanwhile. */
	facts->known = facts->size && facts->mappings && facts->size_limit && facts->most_mappings;
}

struct facts facts_of_old(const struct facts *old, uint64_t size)
{
	struct facts facts = *old;

	facts.size = size;
	facts.data = facts.mappings = 0;
	facts.data_limit = UINT64_MAX;
	return facts;
}

/* ---- why ---- */

static void say(struct call *call, const char *reason, uint64_t limit, uint64_t needed)
{
	call->reason = reason;
	call->limit = limit;
	call->needed = needed;
}

static void no_memory(struct call *call, const struct facts *f)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const bool mremap = call->id == CALL_MREMAP;
	const uint64_t asked = (mremap ? call->new_length : call->length) + page - 1;
	const uint64_t size = asked / page * page, before = mremap ? call->length : 0;
	const uint64_t more = size > before ? size - before : 0;
	const bool counts = mremap || ((call->prot & PROT_WRITE) && !(call->flags & MAP_SHARED));

	call->reason = "unknown";
	if (!f->known)
		return;
	/* The count that the kernel tests has no [vsyscall]. */
	if (f->mappings >= f->most_mappings)
		say(call, "max_map_count", f->most_mappings, f->mappings + 1);
	else if (call->id != CALL_MMAP && !mremap)
		return;
	else if (more > f->size_limit || f->size > f->size_limit - more)
		say(call, "rlimit_as", f->size_limit, f->size + more);
	else if (counts && (more > f->data_limit || f->data > f->data_limit - more))
		say(call, "rlimit_data", f->data_limit, f->data + more);
	else if (f->overcommit == 2 && (counts || mremap) && f->promised + more >= f->commit_limit)
		say(call, "overcommit", f->commit_limit, f->promised + more);
	else if (f->overcommit == 0 && counts && !(call->flags & MAP_NORESERVE && !mremap) && more > f->memory)
		say(call, "overcommit", f->memory, more);
}

void reason_find(struct call *call, const struct facts *facts)
{
	if (call->error == EEXIST && call->id == CALL_MMAP)
		call->reason = "address_taken";
	else if (call->error == EAGAIN && facts->known && facts->locked_limit != UINT64_MAX)
		say(call, "mlock_limit", facts->locked_limit,
		    facts->locked + (call->id == CALL_MREMAP ? call->new_length - call->length : call->length));
	else if (call->error == ENOMEM)
		no_memory(call, facts);
}
