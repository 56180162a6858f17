/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_SPACE_H
#define BRKWATCH_HEAP_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "chunks/allocator.h"
#include "libbrkwatch/brkwatch.h"

/* What /proc says of a process. */

/* Where the heaps of other arenas begin. */
#define ARENA_ALIGN (sizeof(size_t) == 8 ? 64ull << 20 : 1ull << 20)

struct space {
	pid_t pid;
	const struct brkwatch *bw;	/* NULL: the module is not loaded */
	struct brkwatch_reader *reader;
	uint64_t start_brk, brk;
	bool grown;			/* the module has counted in how many steps, and since when */
	uint64_t steps, since_ns;
	/* Of the last space_begin(). */
	bool has_threads;
	struct allocator allocator;
};

/* False after a complaint. */
bool space_open(struct space *space, const struct brkwatch *bw, pid_t pid);
void space_close(struct space *space);

/* Start and break as they are now. Returns 0 or a negative errno. */
int space_update(struct space *space);

/* The same, and what else may have changed since the last reading: also the program, by an exec. */
int space_begin(struct space *space);

/* Say why it cannot be read. */
void space_complain(pid_t pid, int rc);

#endif
