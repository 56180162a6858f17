/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in an ELF file the code of dynamic symbols is. 0: it has no such function. False: it cannot be read. */
bool library_offsets(const char *file, const char *const *names, size_t n, uint64_t *offsets);
