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
 * What the rest of /proc says of a process, at the time of asking. It is asked by number, which
 * may have become another's: check with live_is_same() when all has been read.
 */

/* A file of /proc, the one that the module's files are in; NULL where it cannot be read. */
FILE *live_open(const struct explain_how *how, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Where a link of /proc leads to, which is never longer than a path. */
bool live_link(const struct explain_how *how, const char *name, char *text, size_t size);

/*
 * The first @n numbers behind @key, with which a line of @file begins; "unlimited" is BRKWATCH_NONE.
 * Closes the file, which may be NULL.
 */
bool live_numbers(FILE *file, const char *key, uint64_t *values, size_t n);

/* Of the machine's memory: below /proc/sys/vm; not where a recording is shown. */
bool sysctl_read(const struct explain_how *how, const char *name, uint64_t *value);

/* Field @first of /proc/PID/stat, as proc(5) counts them, and those behind it. */
bool live_stat(FILE *file, unsigned int first, uint64_t *values, size_t n);

/* Not one that has ended or was recorded. */
bool can_be_asked(const struct explain_how *how, const struct brkwatch_snapshot *snap);

/* Whether the process still has the address space that @snap is of. */
bool live_is_same(const struct explain_how *how, const struct brkwatch_snapshot *snap);
