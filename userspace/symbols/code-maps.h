/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/call-tree.h"
#include "symbols/perf-records.h"

/* The processes, and which code is mapped where in each of them. */
struct code_maps;

/* NULL: after a complaint. */
struct code_maps *maps_new(void);
void maps_free(struct code_maps *maps);

/* Add a process that already runs. @only: no other file of it than that, or NULL. */
void maps_add(struct code_maps *maps, pid_t pid, const char *only);

/* See struct perf_ops. */
void maps_map(struct code_maps *maps, pid_t pid, const struct perf_map *map);
void maps_comm(struct code_maps *maps, pid_t pid, const char *comm, bool exec);
void maps_fork(struct code_maps *maps, pid_t pid, pid_t parent);
void maps_exit(struct code_maps *maps, pid_t pid);

const char *maps_name(const struct code_maps *maps, pid_t pid);

/* Like parser_frames(). */
size_t maps_frames(struct code_maps *maps, const struct perf_sample *sample, struct paths *paths,
		   uint32_t *frames, size_t max);

/* Like parser_data(). */
size_t maps_data(struct code_maps *maps, pid_t pid, uint64_t address, struct paths *paths, uint32_t *frame);
