/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/output.h"
#include "libbrkwatch/sink.h"

/*
 * Which functions made the heap grow or were refused: the functions that were active at that moment, and
 * the bytes of each call path. Bytes are whole pages and add up to GrownBytes: what the module has
 * counted without a sample is a path of its own.
 */
struct stacks;

/* What has a stack. */
struct stack_counts {
	uint64_t growths, bytes, refused;
};

struct stacks_options {
	const char *flamegraph;	/* file, or NULL */
	bool folded;
	bool json;
	bool bytes;		/* sizes as plain numbers */
	bool quiet;		/* no table */
	bool children;
};

/* Returns NULL after a complaint. */
struct stacks *stacks_new(const struct stacks_options *opts);
void stacks_free(struct stacks *stacks);

/* Follow the process from now on. Returns 0, or -1 after a complaint. */
int stacks_attach(struct stacks *stacks, pid_t pid);

/* Readable when stacks_drain() has much to do. */
int stacks_fd(const struct stacks *stacks);
void stacks_drain(struct stacks *stacks);

/* Growth before this snapshot does not count. */
void stacks_base(struct stacks *stacks, const struct brkwatch_snapshot *snap);

/* Print the frames of the growth or refusal that is this event. */
void stacks_put(struct stacks *stacks, struct outbuf *out, const struct brkwatch_snapshot *snap,
		struct brkwatch_event *ev);

/* A process is done; @counts: what the module has counted in total. */
void stacks_done(struct stacks *stacks, pid_t pid, const char *name, struct stack_counts counts);

/*
 * Print the paths as the options say; @missed: address spaces that nothing is known of. Returns
 * false after a complaint.
 */
bool stacks_finish(struct stacks *stacks, struct outbuf *out, uint64_t missed);
