/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_UNWIND_H
#define BRKWATCH_UNWIND_H

#include <stddef.h>
#include <stdint.h>

#include "stacks/call-tree.h"
#include "stacks/perf-events.h"

/* Finds callers and names in one address space, by what the files mapped there say of it. */
struct unwinder;

/* NULL: no memory. */
struct unwinder *unwinder_new(pid_t pid, struct paths *paths);
void unwinder_free(struct unwinder *unwinder);

/* What lies over one that is there replaces it: that wants a new unwinder. */
void unwinder_map(struct unwinder *unwinder, const struct perf_map *map);
/* After the last of some maps. */
void unwinder_mapped(struct unwinder *unwinder);

/*
 * The frames of a sample, of @paths, from the innermost; a function that was inlined is one, too.
 * Returns how many, up to @max; one that says so stands for callers that are not known.
 */
size_t unwinder_frames(struct unwinder *unwinder, const struct perf_sample *sample,
		       uint32_t *frames, size_t max);

#endif
