/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PROCFILE_H
#define BRKWATCH_PROCFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/cli.h"

struct snapshot;

/* Find the directory; complains and returns false where there is none. */
bool procfile_setup(struct options *opts);

/* The value of a key of stats; false where it cannot be had. */
bool procfile_stat(const char *key, char *value, size_t size);

/*
 * Open the file of a process. The name of a process that was just started may come a moment
 * late, so this waits for it up to a second; procfile_try_open() does not. Returns a descriptor
 * or a negative errno.
 */
int procfile_open(const struct options *opts, pid_t pid);
int procfile_try_open(const struct options *opts, pid_t pid);

/* Say why the file of @pid could not be opened or read, and what helps. */
void procfile_complain(const struct options *opts, pid_t pid, int error,
		       const struct snapshot *snap);

#endif
