/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explain/proc-pid.h"

#define MAPPING_NAME_MAX 4096

/* A mapping from /proc/PID/smaps, or from maps, which has only range and name. */
struct mapping {
	uint64_t start;
	uint64_t end;
	bool sized;		/* the other numbers are known */
	uint64_t resident;
	uint64_t dirty;
	uint64_t swapped;
	bool sealed;		/* by mseal() */
	bool grows_down;	/* as a stack does */
	char name[MAPPING_NAME_MAX];	/* "" where it has none; "[heap]" is the heap's */
};

/* One mapping after another. */
struct mappings {
	const struct brkwatch_snapshot *snap;
	FILE *file;
	char *line;
	size_t room;
	bool pending;		/* the line is the next one's first */
};

bool mappings_open(struct mappings *maps, const struct explain_how *how,
		   const struct brkwatch_snapshot *snap);
bool mappings_next(struct mappings *maps, struct mapping *m);
void mappings_close(struct mappings *maps);

/* How much of the machine's memory the heap uses, and what lies above it. */
struct heap_memory {
	bool sized;
	uint64_t resident;
	uint64_t dirty;
	uint64_t swapped;
	uint64_t others;	/* bytes that are no heap, but in a mapping with it and so counted */
	uint64_t process;	/* what all of the process has resident */
	bool named;
	char next_name[MAPPING_NAME_MAX];	/* of the mapping at snap->next_mapping, "" where it has none */
};

/* Nothing is known about a process that has ended, runs another program, or was recorded. */
void heap_memory_read(struct heap_memory *memory, const struct explain_how *how,
		      const struct brkwatch_snapshot *snap);

/* The name to print. */
const char *mapping_name(const char *name);

static inline uint64_t page_align(const struct brkwatch_snapshot *snap, uint64_t address)
{
	uint64_t page = page_size_of(snap);

	return (address + page - 1) / page * page;
}
