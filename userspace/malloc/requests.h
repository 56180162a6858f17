/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Which functions of malloc threads are in, by uprobes: perf events of these threads, so that the
 * kernel puts breakpoints into no other process.
 */
struct requests;

#define REQUEST_MAX	64

/* A C library that has probes; several processes may have it. */
struct library;

/* @forks: also of children. NULL: after a complaint. */
struct requests *requests_open(bool forks);
void requests_close(struct requests *requests);

/* That which @pid has mapped, or where that is 0 our own. NULL: after a complaint. */
const struct library *requests_library(struct requests *requests, pid_t pid);

/* A thread that has this library, and those that it starts from then on. False: after a complaint. */
bool requests_attach(struct requests *requests, const struct library *library, pid_t tid);

/* Read what there is. */
void requests_collect(struct requests *requests);

/* In which call a thread was at that time, as "malloc(1000)", and the address it returns to. False: in none. */
bool requests_at(struct requests *requests, pid_t tid, uint64_t time_ns, char *text, uint64_t *caller);

/* Nobody will ask for what was before. */
void requests_forget_until(struct requests *requests, uint64_t time_ns);
void requests_forget(struct requests *requests, pid_t tid);

/* For how many there was no room. */
uint64_t requests_lost(const struct requests *requests);
