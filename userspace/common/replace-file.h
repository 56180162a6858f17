/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>

/*
 * A file that is written beside the one it replaces, so that nobody sees half of it. It gets the
 * mode and the owner of that. A signal that ends us removes it: one can be open at a time.
 */
struct newfile {
	char *file;		/* what symbolic links lead to */
	char *name;		/* until it has its own */
	int fd;
};

/* Whether something can be renamed to that without harm; false: after a complaint. */
bool newfile_replaceable(const char *file);

/* Whether it can be made, which is better told before hours of work; false: after a complaint. */
bool newfile_possible(const char *file);

/* False: after a complaint. */
bool newfile_open(struct newfile *new, const char *file);

/* Give it its name, or where not @whole leave the old one. False: after a complaint, or not whole. */
bool newfile_close(struct newfile *new, bool whole);

/* What it has replaced is to go. */
void newfile_remove(const char *file);
