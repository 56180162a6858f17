/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_EXAMINE_H
#define BRKWATCH_HEAP_EXAMINE_H

#include "chunks/reading.h"

/* Read all of it. @stopped: nothing changes. Returns 0 or a negative errno. */
int reading_take(struct reading *reading, bool stopped);
/*
 * Of the main heap only what is in use and what is free, by one walk: its owner can make neither
 * longer. Returns 0 or a negative errno; @reading->result says whether it is sound.
 */
int reading_take_sums(struct reading *reading);
void reading_free(struct reading *reading);

#endif
