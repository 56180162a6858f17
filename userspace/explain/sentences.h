/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>

#include "common/output.h"
#include "common/format-number.h"

/* A blank at which no line ends, as in a command that is to be copied. */
#define PROSE_BLANK "\1"

/* Sentences for people. */
struct prose {
	size_t len;
	char text[6144];	/* a path may be in it */
};

/* More text. What a terminal takes for more than that, which names may have, becomes '?'. */
void prose_add(struct prose *prose, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As size_text(), but a plain number has its unit: there is no head that says it. */
struct number prose_size(uint64_t size, bool bytes);

/* Put such text as indented lines of 80 columns, if words are not longer. */
void prose_put(struct outbuf *out, const char *text);
