/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/output.h"
#include "libbrkwatch/sink.h"

/*
 * Who made the heap grow, and whom the kernel refused: the functions that were active then, and
 * the bytes of each path of calls. Bytes are page-aligned, as those of GrownBytes are, which they
 * add up to: what the module has counted and no sample tells of is a path of its own.
 */
struct stacks;

/* What there are stacks of. */
struct stack_counts {
	uint64_t growths, bytes, refused;
};

struct stacks_options {
	const char *flamegraph;	/* file, or NULL */
	bool folded;
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

/* What the snapshot has of its process does not count: it was there before. */
void stacks_base(struct stacks *stacks, const struct brkwatch_snapshot *snap);

/* The frames of a growth or refusal, which is the event @seq. */
void stacks_put(struct stacks *stacks, struct outbuf *out, const struct brkwatch_snapshot *snap, uint64_t seq);

/* A process is done with, and that is what the module has counted in all. */
void stacks_done(struct stacks *stacks, pid_t pid, const char *name, struct stack_counts counts);

/* The paths, as the options want them. Returns false after a complaint. */
bool stacks_finish(struct stacks *stacks, struct outbuf *out);
