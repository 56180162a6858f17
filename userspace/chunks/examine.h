/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_EXAMINE_H
#define BRKWATCH_HEAP_EXAMINE_H

#include "chunks/reading.h"

/* Read all of it. @stopped: nothing changes. Returns 0 or a negative errno. */
int reading_take(struct reading *reading, bool stopped);
void reading_free(struct reading *reading);

#endif
