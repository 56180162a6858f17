/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdio.h>

#include "malloc/timeline.h"

/* Tell what a recording says that --json has written. False: after a complaint. */
bool input_play(struct timeline *timeline, FILE *file, const char *name);
