/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_STOP_H
#define BRKWATCH_HEAP_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All threads of a process, stopped; if we end they run on. */
struct stopped {
	struct {
		pid_t tid;
		int signal;	/* which it was about to get, or 0 */
	} *threads;
	size_t n, room;
	uint64_t since_ns;
};

/* False after a complaint; then nothing is stopped. */
bool stop_process(struct stopped *stopped, pid_t pid);

/* Let it run. Returns for how many nanoseconds it was stopped. */
uint64_t stop_end(struct stopped *stopped);

#endif
