/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SCREEN_H
#define BRKWATCH_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "top/options.h"
#include "top/rates.h"
#include "common/choose-processes.h"
#include "top/heap-history.h"
#include "top/sort-filter.h"

/* What --top has on the screen. */
struct screen {
	const struct top_options *opts;
	struct processes ps;
	struct view view;
	struct track track;		/* of the selected one */
	pid_t selected;			/* 0: none, there are no rows */
	size_t index;			/* its row */
	size_t first;			/* the row on top of the table */
	size_t page;			/* rows that are seen */
	uint64_t interval_ms;
	uint64_t span_ns;		/* of the graph; 0: all */
	bool paused, help, quit;

	bool editing;			/* the pattern is being typed */
};

/*
 * Show the processes on the terminal until the user or opts->count ends it. Returns false where
 * there is no such terminal, else @status; complaints have been printed then.
 */
bool screen_run(const struct top_options *opts,
		enum exit_status *status);

/* Selects a row; one behind the last is the last. */
void screen_select(struct screen *s, size_t index);

/*
 * What a key does; @special says that it is a KEY_ of curses. Returns whether the rows have to be
 * chosen and sorted anew.
 */
bool screen_key(struct screen *s, wint_t key, bool special);

/* Lines of help, up to NULL. */
extern const char *const screen_help[];

#endif
