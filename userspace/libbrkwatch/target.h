/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_TARGET_H
#define BRKWATCH_TARGET_H

#include "libbrkwatch/sink.h"

enum target_state {
	TARGET_CLOSED,	/* has no address space that is known; it is tried again */
	TARGET_SHARED,	/* uses that of another target, as after vfork; likewise */
	TARGET_OPEN,
	TARGET_ENDED,
};

/* A followed process. */
struct target {
	struct brkwatch_process process;
	pid_t pid;
	enum target_state state;
	int fd;			/* /proc/brkwatch/<pid>, or -1 */
	int last_fd;		/* that of the last address space, or -1 */
	int pidfd;		/* or -1 */
	bool process_ended;
	bool first;		/* snapshot: what is in it was before it was followed */
	uint64_t dropped;	/* of this descriptor, as told so far */

	uint64_t due_ms;	/* when to look at it again, CLOCK_MONOTONIC; 0: not by time */
	int delay_ms;
	unsigned int shared_tries, row_tries;
	uint64_t absent_since_ms;
};

/* Whoever owns the targets. */
struct target_ops {
	const struct brkwatch *bw;
	struct listener listener;
	struct brkwatch_reader *reader;
	/* An event of an address space; returns 0, 1 for "enough", or a negative errno. */
	int (*event)(void *owner, struct target *target, struct brkwatch_event *event);
	/* Watch the file, which is the first poll of it: the module keeps more from there on. */
	int (*watch)(void *owner, struct target *target);
	void (*unwatch)(void *owner, struct target *target);
	/* Whether another target has this address space open. */
	bool (*shared)(void *owner, const struct target *target);
	void *owner;
	bool hurry;		/* there is no later */
};

/*
 * Returns 0 or a negative errno. The pidfd comes before the file: a number that is used again
 * later must not pass for the process.
 */
int target_init(struct target *target, const struct brkwatch *bw, pid_t pid, pid_t parent);

/* Its file has something to read (@hung_up: nothing will follow), or it is due. */
int target_step(struct target *target, const struct target_ops *ops, uint64_t now_ms, bool readable,
		bool hung_up);

/* It had an address space whose file was never open; @row, or NULL: what is known of that. */
void target_missed(struct target *target, const struct target_ops *ops, const struct brkwatch_row *row);

/* Done with it: its sums, and its descriptors. */
void target_end(struct target *target);

#endif
