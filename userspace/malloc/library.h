/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Functions of malloc. */
enum function { MALLOC, CALLOC, REALLOC, MEMALIGN, ALIGNED_ALLOC, POSIX_MEMALIGN, FUNCTIONS };

extern const char *const function_names[FUNCTIONS];

/* A C library that has probes; several processes may have it mapped. */
struct library {
	struct library *next;
	dev_t device;
	ino_t inode;
	int probes[FUNCTIONS][2];	/* where it begins and where it ends, or 0; see probe_define() */
};

struct libraries {
	struct library *first;
	size_t n;
};

/*
 * That which a process has mapped, whatever its name leads to now. It belongs to root, and has probes from then on.
 * NULL: after a complaint.
 */
const struct library *library_of(struct libraries *libraries, pid_t pid);

void libraries_free(struct libraries *libraries);
