/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "symbols/call-tree.h"

/* Draw a flame graph, an SVG file in which the width stands for bytes. Returns 0 or a negative errno. */
int flame_write(const struct paths *functions, int fd);
