/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

/*
 * Open a file for reading, by a name that a program has chosen. Opening a fifo or a device may wait for
 * ever or have effects, and the owner of a file can delay it. Returns -1 if it is not a regular file.
 */
int __attribute__((format(printf, 1, 2))) open_regular(const char *fmt, ...);
