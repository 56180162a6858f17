/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_VIEW_H
#define BRKWATCH_VIEW_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "top/rates.h"

#define PATTERN_MAX 64

enum sort_key {
	SORT_HEAP,
	SORT_GROWTH,
	SORT_REFUSED,
	SORT_PID,
	SORT_NAME,
	SORT_KEYS,
};

extern const char *const sort_names[SORT_KEYS];

/* Which of the processes are shown, and in which order. Zeroed at first. */
struct view {
	struct top_process **rows;
	size_t n;
	enum sort_key key;	/* largest heap, growth, refusals first; smallest pid, name */
	bool reverse;		/* the other way round */
	char pattern[PATTERN_MAX];	/* "": all */

	/* private: */
	regex_t regex;
	bool compiled;
	size_t room;
};

/*
 * Show only processes whose name matches: a regular expression or, where it is none (as when
 * half of it is typed), a part of the name.
 */
void view_set_pattern(struct view *view, const char *pattern);

/* Choose and sort the rows anew. Returns 0 or -ENOMEM. */
int view_update(struct view *view, const struct processes *ps);

void view_free(struct view *view);

#endif
