/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <elfutils/libdwfl.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/call-tree.h"

/* The most functions that are inlined at one place. */
#define SYMBOL_FRAMES_MAX 16

/* The function and the location of a frame, with their ends. */
#define SYMBOL_NAME_MAX		512
#define SYMBOL_LOCATION_MAX	256
#define SYMBOL_TEXT_MAX		(SYMBOL_NAME_MAX + SYMBOL_LOCATION_MAX)

/* The frames of an address, innermost first. Returns their number, at least one. */
size_t symbol_frames(Dwfl *dwfl, struct paths *paths, uint64_t pc, uint32_t *frames);

/* What else lies there, with how far into it that is: "+0x10". Returns how many frames that is: 0 or 1. */
size_t symbol_data(Dwfl *dwfl, struct paths *paths, uint64_t address, uint32_t *frame);
