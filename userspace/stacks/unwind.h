/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stacks/call-tree.h"
#include "stacks/perf-records.h"

/* Finds callers and names in one address space, by what the files mapped there say of it. */
struct unwinder;

/* NULL: no memory. */
struct unwinder *unwinder_new(pid_t pid, struct paths *paths);
void unwinder_free(struct unwinder *unwinder);

/*
 * Code that is mapped from @fd; where that is not the file, returns false and leaves it open.
 * @certain: it is, should there be no build ID. What lies over one that is there replaces it: that
 * wants a new unwinder.
 */
bool unwinder_map(struct unwinder *unwinder, const struct perf_map *map, bool certain, int fd);

/*
 * The frames of a sample, of @paths, from the innermost; a function that was inlined is one, too.
 * Returns how many, up to @max; one that says so stands for callers that are not known.
 */
size_t unwinder_frames(struct unwinder *unwinder, const struct perf_sample *sample,
		       uint32_t *frames, size_t max);
