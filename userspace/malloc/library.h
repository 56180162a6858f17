/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Open the C library that a process has mapped, whatever its name leads to now. It belongs to root. @name: how it is
 * called, to be freed. -1: after a complaint.
 */
int library_open(pid_t pid, char **name);

/* Where in an ELF file the code of dynamic symbols is. 0: it has no such function. False: it cannot be read. */
bool library_offsets(int fd, const char *const *names, size_t n, uint64_t *offsets);
