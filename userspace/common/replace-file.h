/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * A file that is written beside the one that it replaces, so that nobody sees half of it. It gets the
 * mode and the owner of the old one. A signal that ends us removes it, so only one can be open at a
 * time.
 */
struct newfile {
	char *file;		/* what symbolic links lead to */
	char *name;		/* until it has its own */
	int fd;
};

/* Whether a file may be renamed to this name; false: after a complaint. */
bool newfile_replaceable(const char *file);

/* Whether it can be created; better to know before hours of work. False: after a complaint. */
bool newfile_possible(const char *file);

/* False: after a complaint. */
bool newfile_open(struct newfile *new, const char *file);

/* Give it its name, or keep the old file if not @whole. False: after a complaint, or if not whole. */
bool newfile_close(struct newfile *new, bool whole);

/* Remove the file of that name; of a symbolic link, the file that it points to. */
void newfile_remove(const char *file);
