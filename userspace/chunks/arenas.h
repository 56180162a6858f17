/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_ARENAS_H
#define BRKWATCH_HEAP_ARENAS_H

#include "chunks/reading.h"

/* The arenas of threads, whose heaps lie outside of the break. Returns 0 or a negative errno. */
int arenas_read(struct reading *reading, bool stopped);

#endif
