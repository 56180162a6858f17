/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SPACES_H
#define BRKWATCH_SPACES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "stacks/call-tree.h"
#include "stacks/perf-events.h"

/* The processes, and what code is mapped where in each of them. */
struct spaces;

/* NULL: no memory. */
struct spaces *spaces_new(struct paths *paths);
void spaces_free(struct spaces *spaces);

/* A process that is there already. */
void spaces_add(struct spaces *spaces, pid_t pid);

/* See struct perf_ops. */
void spaces_map(struct spaces *spaces, pid_t pid, const struct perf_map *map);
void spaces_comm(struct spaces *spaces, pid_t pid, const char *comm, bool exec);
void spaces_fork(struct spaces *spaces, pid_t pid, pid_t parent);
void spaces_exit(struct spaces *spaces, pid_t pid);

const char *spaces_name(struct spaces *spaces, pid_t pid);

/* As unwinder_frames(). */
size_t spaces_frames(struct spaces *spaces, const struct perf_sample *sample, uint32_t *frames,
		     size_t max);

#endif
