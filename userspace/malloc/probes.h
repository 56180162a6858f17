/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Define an event where a function of our nth file begins or @ends. It has no effect until it is opened. Returns the
 * kernel's number of it, or a negative errno.
 *
 * The kernel would also open one that is not defined, but not for a thread that the probed one starts: it then looks
 * for the name of the file in the memory of that process, and clone(2) fails.
 */
int probe_define(const char *file, size_t nth, const char *function, uint64_t offset, bool ends);

/*
 * Remove those of the program @pid, and of programs that are no more. False: some of them are in use, as they are
 * until they are closed.
 */
bool probes_remove(pid_t pid);
