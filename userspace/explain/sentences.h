/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>

#include "common/output.h"
#include "common/format-number.h"

/* A blank that never ends a line, as in a command to be copied. */
#define PROSE_BLANK "\1"

/* A path may be in it. */
#define PROSE_MAX 6144

/* Sentences for people. */
struct prose {
	size_t len;
	char text[PROSE_MAX];
};

/* Add text. Characters that a terminal would not treat as text, which names may contain, become '?'. */
void prose_add(struct prose *prose, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Like size_text(), but a plain number gets its unit, because there is no heading that gives it. */
struct number prose_size(uint64_t size, bool bytes);

/* Print the text as indented lines of 80 columns, if no word is longer. */
void prose_put(struct outbuf *out, const char *text);
