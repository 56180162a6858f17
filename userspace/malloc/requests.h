/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cpu-rings.h"

/*
 * Which functions of malloc threads are in, by uprobes: perf events of these threads, so that the
 * kernel puts breakpoints into no other process.
 */
struct requests;

#define REQUEST_MAX	64

/* A C library that has probes; several processes may have it. */
struct library;

/* NULL: after a complaint. */
struct requests *requests_open(void);

/* Their events must be closed. */
void requests_close(struct requests *requests);

/* That which @pid has mapped, or where that is 0 our own. NULL: after a complaint. */
const struct library *requests_library(struct requests *requests, pid_t pid);

/*
 * Open the events of a thread that has this library, and of those that it begins from then on. Returns 0 or a negative
 * errno.
 */
int requests_add(struct requests *requests, struct cpu_rings *rings, bool children, const struct library *library,
		 pid_t tid, size_t cpu);

/* A PERF_RECORD_SAMPLE that they have made; or some were lost. */
void requests_take(struct requests *requests, const struct perf_event_header *header);
void requests_lose(struct requests *requests);

/* In which call a thread was at that time, as "malloc(1000)", and the address it returns to. False: in none. */
bool requests_at(struct requests *requests, pid_t tid, uint64_t time_ns, char *text, uint64_t *caller);

/* Nobody will ask for what was before. */
void requests_forget_until(struct requests *requests, uint64_t time_ns);
void requests_forget(struct requests *requests, pid_t tid);
