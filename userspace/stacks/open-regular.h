/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

/*
 * For reading, by a name that a program has chosen: to open a fifo or a device can wait for ever or
 * do something, and a file's owner can delay it. Returns -1 where it is no ordinary file.
 */
int __attribute__((format(printf, 1, 2))) open_regular(const char *fmt, ...);
