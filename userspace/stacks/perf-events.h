/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "stacks/perf-records.h"

/* Of growths and of refusals. */
#define TRACEPOINTS 2

/*
 * Samples of tracepoints, by the kernel's numbers of them. Returns NULL after a complaint. @forks:
 * children, too.
 */
struct perf *perf_open(const struct perf_ops *ops, const int tracepoints[TRACEPOINTS], bool forks);
void perf_close(struct perf *perf);

/* All threads of the process, and those to come. Returns 0, or -1 after a complaint. */
int perf_attach(struct perf *perf, pid_t pid);

/* Readable when there is much to drain. */
int perf_fd(const struct perf *perf);

/* Give the news, all that happened before the call. */
void perf_drain(struct perf *perf);

/* Samples for which there was no room. */
uint64_t perf_lost(const struct perf *perf);
