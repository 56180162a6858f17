/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Say where a word of the heap points to, if that is a file which the process has mapped. */
bool pointer_explain(pid_t pid, uint64_t word, char *text, size_t size);
