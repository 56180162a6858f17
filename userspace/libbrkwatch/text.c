// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "libbrkwatch/parse-number.h"
#include "libbrkwatch/text.h"

/* For another byte, and what is behind it. */
static bool make_room(struct text *text, size_t len)
{
	size_t room = text->room ?: (size_t)64 * 1024;
	char *start;

	while (room <= len + SCAN_SLACK)
		room *= 2;
	start = room == text->room ? text->start : realloc(text->start, room);
	if (!start)
		return false;
	text->start = start;
	text->room = room;
	return true;
}

static void end_at(struct text *text, size_t len)
{
	text->len = len;
	memset(text->start + len, '\0', SCAN_SLACK);
}

/* Offset 0 makes the kernel take a snapshot; what follows goes on serving that one. */
int text_read(struct text *text, int fd)
{
	size_t len = 0;
	ssize_t n;

	do {
		if (!make_room(text, len))
			return -ENOMEM;
		n = pread(fd, text->start + len, text->room - len - SCAN_SLACK, (off_t)len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			len += (size_t)n;
	} while (n);
	end_at(text, len);
	return 0;
}

int text_copy(struct text *text, const char *from, size_t len)
{
	if (!make_room(text, len))
		return -ENOMEM;
	memcpy(text->start, from, len);
	end_at(text, len);
	return 0;
}
