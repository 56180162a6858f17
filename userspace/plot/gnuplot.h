/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whether gnuplot works; false: after a complaint. */
bool gnuplot_present(void);

/* Run gnuplot on the script; it writes the picture to @fd. False: after a complaint. */
bool gnuplot_run(FILE *script, int fd);

/*
 * Turn any bytes in @text, in place, into at most @width characters that are printable and allowed in
 * XML.
 */
void gnuplot_clean(char *text, size_t width);

/* Write any text as a string of gnuplot. */
void gnuplot_quote(FILE *script, const char *text);
