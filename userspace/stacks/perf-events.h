/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "symbols/perf-records.h"

/* The tracepoints of growths and of refusals. */
#define TRACEPOINTS 2

/*
 * Samples of tracepoints, given by the kernel's numbers. @forks: also of children. Returns NULL after a
 * complaint.
 */
struct perf *perf_open(const struct perf_ops *ops, const int tracepoints[TRACEPOINTS], bool forks);
void perf_close(struct perf *perf);

/* Add all threads of the process, also future ones. Returns 0, or -1 after a complaint. */
int perf_attach(struct perf *perf, pid_t pid);

/* Readable when there is much to drain. */
int perf_fd(const struct perf *perf);

/* Deliver everything that happened before the call. */
void perf_drain(struct perf *perf);

/* The number of samples for which there was no room. */
uint64_t perf_lost(const struct perf *perf);
