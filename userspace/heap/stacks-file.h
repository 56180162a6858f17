/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "heap/history.h"

/*
 * Whose call the event was: the line of brkwatch-stacks --json that has its stack. @take gets each
 * frame, innermost first. Returns how many there are, or a negative errno.
 */
int stacks_find(const char *file, const struct origin *origin,
		void (*take)(void *owner, const char *function, const char *location), void *owner);
