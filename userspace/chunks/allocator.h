/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a process executes, as far as it says whose malloc it has. Of what cannot be read nothing is said. */
struct allocator {
	bool other_words;	/* its chunks have headers of another size, and lie elsewhere */
	const char *library;	/* another allocator or C library that is mapped, or NULL */
	bool is_go;
	bool no_glibc;		/* static, and without the note that glibc's start files leave in all programs */
	bool tagged;		/* some of its memory is */
};

/* Which one that is not glibc's a library has, by the library's name; or NULL. */
const char *allocator_of_library(const char *name);

void allocator_read(struct allocator *allocator, pid_t pid);

/* What malloc the process has beside glibc's or instead of it, in a clause. False: that is not known. */
bool allocator_explain(const struct allocator *allocator, char *text, size_t size);

/* What else to know of what is shown, in a clause. False: nothing. */
bool allocator_tags(const struct allocator *allocator, char *text, size_t size);
