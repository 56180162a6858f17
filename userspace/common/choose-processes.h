/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <argp.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libbrkwatch/brkwatch.h"

/* Which processes: those named, and those found by what is known of them. */
struct selection {
	pid_t *pids;
	size_t n, room;
	bool all;
	bool by_comm;
	regex_t comm;
	bool by_uid;
	uid_t uid;
};

/* Options that say which; the input is a struct selection. */
extern const struct argp selection_argp;

/* 17 or 17,18 or 17 18. False, after a complaint, where it is not understood. */
bool select_pids(struct selection *sel, const char *list);

/* Whether processes are to be looked for. */
bool select_searches(const struct selection *sel);

/*
 * If any are to be looked for, add those that the file all has now, but for the program itself, and
 * put the numbers in order. False: after a complaint, also where there is none.
 */
bool select_search(struct selection *sel, const struct brkwatch *bw);

/* Put the numbers in order. */
void select_sort(struct selection *sel);

/*
 * Whether a process with that name (escaped, as in /proc/PID/status) is among those selected: by
 * its number, or by all else that is said; where nothing is said, whether it is another one than
 * brkwatch-cli itself. The numbers must be in order.
 */
bool select_has(const struct selection *sel, const struct brkwatch *bw, pid_t pid,
		const char *name);

/* Whether --comm, if given, is of such a name (escaped). */
bool select_has_name(const struct selection *sel, const char *name);

void select_free(struct selection *sel);
