/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/by-pid.h"
#include "malloc/explain.h"
#include "malloc/perfetto.h"

/* A process whose calls are shown. */
struct process {
	struct pid_entry entry;
	const char *name;
	struct space space;
	struct story story;
	struct counters counters;
};

/* What sources tell of, and what prints it: in one order, whoever it is of. */
struct timeline {
	struct printer printer;
	struct perfetto perfetto;
	struct pid_table processes;
};

/* A process that is not known begins by itself. */
struct process *timeline_process(struct timeline *timeline, uint64_t pid);

/*
 * A process begins, as a copy of @parent where that is not 0; or has another program. @loading:
 * the mappings that are reported next are all that the kernel made, and the loader has not run yet.
 */
void timeline_start(struct timeline *timeline, uint64_t pid, uint64_t parent, const char *name);
void timeline_exec(struct timeline *timeline, uint64_t pid, const char *name);

/* What it has mapped before its first call that is shown; of the heap, from its start to the break. */
void timeline_mapping(struct timeline *timeline, uint64_t pid, uint64_t start, uint64_t end, struct what what);

/* What is in /proc/PID/maps, and the heap, unless @start is 0. */
void timeline_mappings(struct timeline *timeline, uint64_t pid, const struct regions *regions,
		      uint64_t start, uint64_t brk);

/* The loader is at work. */
void timeline_loading(struct timeline *timeline, uint64_t pid);

void timeline_call(struct timeline *timeline, struct call *call);

/* So many events were lost, and this is what is mapped now. */
void timeline_reread(struct timeline *timeline, uint64_t pid, const struct regions *regions,
		     uint64_t start, uint64_t brk, uint64_t lost);

/* The same in parts, with timeline_mapping() between the two. */
void timeline_forget(struct timeline *timeline, uint64_t pid);
void timeline_known(struct timeline *timeline, uint64_t pid, uint64_t lost);

/* In all; @known: what was mapped was read after the last of them. */
void timeline_lost(struct timeline *timeline, uint64_t count, bool known);

/* @time_ns 0: it is not known when. */
void timeline_end(struct timeline *timeline, uint64_t pid, uint64_t time_ns);

/* Of all that are left. */
void timeline_finish(struct timeline *timeline);
