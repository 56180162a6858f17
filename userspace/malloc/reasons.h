/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <sys/types.h>

#include "malloc/call.h"

/* What decides whether a process gets more, as it was when it was read; sizes in bytes. */
struct facts {
	bool known;
	uint64_t size, data, locked;			/* that it has */
	uint64_t size_limit, data_limit, locked_limit;	/* UINT64_MAX: none */
	uint64_t mappings, most_mappings;
	uint64_t overcommit;				/* sysctl vm.overcommit_memory */
	uint64_t promised, commit_limit;		/* the latter without what is reserved for others */
	uint64_t memory;				/* of the machine, with swap */
};

void facts_read(struct facts *facts, pid_t pid);

/* The same of a process that is gone, from what it had when it began; @size is what it has mapped. */
struct facts facts_of_old(const struct facts *old, uint64_t size);

/* Say why a call was refused, if that is to be seen. */
void reason_find(struct call *call, const struct facts *facts);
