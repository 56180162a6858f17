/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_GNUPLOT_H
#define BRKWATCH_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* A gnuplot that reads its commands from us. */
struct gnuplot {
	FILE *script;		/* what is written here it does */
	pid_t pid;
	int said;		/* its stderr */
	void (*sigpipe)(int);
};

/* Whether there is one; it is said if not. */
bool gnuplot_present(void);

/* Its picture goes to @fd. Returns 0, or -1 after a complaint. */
int gnuplot_start(struct gnuplot *gnuplot, int fd);

/* Wait until it is done. Returns 0, or -1 after a complaint. */
int gnuplot_finish(struct gnuplot *gnuplot);

/*
 * Make of any bytes at most @width characters that can be shown and that XML allows; @out has
 * room for @width * 4 + 1 bytes.
 */
void gnuplot_clean(char *out, const char *text, size_t width);

/* As a string of gnuplot's, whatever is in it. */
void gnuplot_quote(FILE *script, const char *text);

#endif
