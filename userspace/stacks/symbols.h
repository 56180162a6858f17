/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SYMBOL_H
#define BRKWATCH_SYMBOL_H

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <stdint.h>

#include "stacks/call-tree.h"

/* Functions that are inlined at one place. */
#define SYMBOL_FRAMES_MAX 16

/* The frames of an address, from the innermost. Returns how many: one at least. */
size_t symbol_frames(Dwfl *dwfl, struct paths *paths, uint64_t pc, uint32_t *frames);

#endif
