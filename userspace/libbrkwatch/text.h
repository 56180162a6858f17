/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>

/* Text of a whole file, with SCAN_SLACK zeros behind it, which end every scan. */
struct text {
	char *start;
	size_t len, room;
};

/* They replace what was there. Return 0 or a negative errno. */
int text_read(struct text *text, int fd);
int text_copy(struct text *text, const char *from, size_t len);
