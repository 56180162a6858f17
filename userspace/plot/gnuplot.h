/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whether there is one; it is said if not. */
bool gnuplot_present(void);

/* Let it read the script, and write the picture to @fd. False: after a complaint. */
bool gnuplot_run(FILE *script, int fd);

/*
 * Make of any bytes in @text at most @width characters that can be shown and that XML allows, in
 * place.
 */
void gnuplot_clean(char *text, size_t width);

size_t characters(const char *text);

/* As a string of gnuplot's, whatever is in it. */
void gnuplot_quote(FILE *script, const char *text);
