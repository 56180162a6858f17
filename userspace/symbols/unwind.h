/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/call-tree.h"
#include "symbols/perf-records.h"

/* Finds callers and names in one address space, from the files that are mapped there. */
struct unwinder;

/* NULL: no memory. */
struct unwinder *unwinder_new(pid_t pid, struct paths *paths);
void unwinder_free(struct unwinder *unwinder);

/*
 * Code that is mapped from @fd; if that is not the right file, returns false and leaves it open.
 * @certain: it is the right one even without a build ID. A mapping over an existing one replaces that,
 * which needs a new unwinder.
 */
bool unwinder_map(struct unwinder *unwinder, const struct perf_map *map, bool certain, int fd);

/*
 * The frames of a sample, in @paths, innermost first; an inlined function has a frame, too. Returns
 * their number, up to @max; a special frame stands for unknown callers.
 */
size_t unwinder_frames(struct unwinder *unwinder, const struct perf_sample *sample,
		       uint32_t *frames, size_t max);

/* Like symbol_data(). */
size_t unwinder_data(const struct unwinder *unwinder, uint64_t address, uint32_t *frame);
