/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/array.h"

enum exit_status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_UNTIL,			/* what --until waits for has happened */
	STATUS_UNSEEN,			/* or may have: not all was seen */
	/* With a command: these three, its own status, or 128 plus the number of a signal. */
	STATUS_COMMAND_FAILED = 125,	/* the program has */
	STATUS_COMMAND_UNUSABLE,
	STATUS_COMMAND_ABSENT,
};

/* One line on stderr, after the program's name. */
void warn_user(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says so, and exits. */
void __attribute__((noreturn)) out_of_memory(void);

/* Returns @memory. If that is NULL, the program says so and exits. */
static inline void *needed(void *memory)
{
	if (!memory)
		out_of_memory();
	return memory;
}

/* Add an element to an array that grows. */
#define array_add(array, n, room) \
	((void)(array_room(array, n, &(room)) || (out_of_memory(), 0)), &(array)[(n)++])
