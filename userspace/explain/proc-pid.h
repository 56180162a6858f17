/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "libbrkwatch/internal.h"

struct explain_how {
	const struct brkwatch *bw;	/* NULL: a recording */
	bool bytes;			/* sizes as plain numbers */
};

/*
 * What the rest of /proc says about a process now. Another process may have got its number: check with
 * live_is_same() when everything has been read.
 */

/* The thread whose files tell about the address space, see task_with_memory(); 0: !can_be_asked(). */
pid_t live_task(const struct explain_how *how, const struct brkwatch_snapshot *snap);

/* A file of the /proc that has the module's files; NULL if it cannot be read. */
FILE *live_open(const struct explain_how *how, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What a link of /proc points to, which is never longer than a path. */
bool live_link(const struct explain_how *how, const char *name, char *text, size_t size);

/*
 * The first @n numbers after @key at the beginning of a line of @file; "unlimited" is BRKWATCH_NONE.
 * Closes the file, which may be NULL.
 */
bool live_numbers(FILE *file, const char *key, uint64_t *values, size_t n);

/*
 * Whether a process has CAP_SYS_ADMIN, by its files status and uid_map, where that counts for memory: in
 * the user namespace that all numbers are the same in. Closes the files, which may be NULL.
 */
bool live_is_admin(FILE *status, FILE *uid_map);

/* A setting of the machine's memory, below /proc/sys/vm; not available for a recording. */
bool sysctl_read(const struct explain_how *how, const char *name, uint64_t *value);

/* Field @first of /proc/PID/stat, as proc(5) counts them, and those after it. */
bool live_stat(FILE *file, unsigned int first, uint64_t *values, size_t n);

/* Whether the process neither has ended nor was recorded. */
bool can_be_asked(const struct explain_how *how, const struct brkwatch_snapshot *snap);

/* Whether the process still has the address space of @snap. */
bool live_is_same(const struct explain_how *how, const struct brkwatch_snapshot *snap);
