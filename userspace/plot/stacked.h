/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "plot/collect.h"

/*
 * Read a trace as brkwatch-malloc --perfetto writes it, with an event on a line. Each counter becomes a
 * process of the plot whose size is that of all counters up to it, summed up over all real processes.
 * False: after a complaint. An empty file has no counters.
 */
bool stacked_read(struct plot *plot, FILE *file, const char *name);
