/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

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
	uint64_t spaces_before;	/* of its next address space, those that were told */

	uint64_t due_ms;	/* when to look at it again, CLOCK_MONOTONIC; 0: not by time */
	int delay_ms;
	unsigned int shared_tries, row_tries;
	uint64_t absent_since_ms;
};

/* A descriptor of the program's. */
struct watch {
	void (*ready)(void *owner);
	void *owner;
};

struct brkwatch_follower {
	const struct brkwatch *bw;
	struct listener listener;
	struct brkwatch_reader *reader;
	unsigned int flags;
	/*
	 * An ended one stays until sweep(), which leaves NULL: events that epoll has
	 * given already name its place, and must not be taken for another's.
	 */
	struct target **targets;
	size_t n, room, live;
	struct watch *watches;
	size_t n_watches, watches_room;
	int epoll;
	uint64_t now_ms;
	bool hurry;		/* there is no later */
	bool enough;		/* the sink wants no more */
	int error;		/* of the sink's, or there is no memory */
	void (*failed)(void *owner, pid_t pid, int error, const char *problem);
	void *failed_owner;
};

/* An event of an address space; returns 0, 1 for "enough", or a negative errno. */
int follower_take_event(struct brkwatch_follower *follower, struct target *target, struct brkwatch_event *event);

/* Watch the file, which is the first poll of it: the module keeps more from there on. */
int follower_watch_file(const struct brkwatch_follower *follower, struct target *target);

/* Whether another target has this address space open. */
bool follower_is_shared(const struct brkwatch_follower *follower, const struct target *target);

/*
 * Returns 0 or a negative errno. The pidfd comes before the file: a number that is used again
 * later must not pass for the process.
 */
int target_init(struct target *target, const struct brkwatch *bw, pid_t pid, pid_t parent);

/* Its file has something to read (@hung_up: nothing will follow), or it is due. */
int target_step(struct target *target, struct brkwatch_follower *follower, bool readable, bool hung_up);

/* It had an address space whose file was never open; @row, or NULL: what is known of that. */
void target_missed(struct target *target, struct brkwatch_follower *follower, const struct brkwatch_row *row);

/* Done with it: its sums, and its descriptors. */
void target_end(struct target *target);
