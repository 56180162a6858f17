/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <argp.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "libbrkwatch/brkwatch.h"

/* Which processes: those named by number, and those found by their properties. */
struct selection {
	pid_t *pids;
	size_t n, room;
	bool all;
	bool by_comm;
	regex_t comm;
	bool by_uid;
	uid_t uid;
};

/* The options that select processes; the input is a struct selection. */
extern const struct argp selection_argp;

/* 17 or 17,18 or 17 18. False, after a complaint, if the list is invalid. */
bool select_pids(struct selection *sel, const char *list);

/* Whether we have to search for processes. */
bool select_searches(const struct selection *sel);

/*
 * If we have to search, add the matching processes of the file all, except the program itself, and
 * sort the numbers. False: after a complaint, also if no process matches.
 */
bool select_search(struct selection *sel, const struct brkwatch *bw);

/* Sort the numbers. */
void select_sort(struct selection *sel);

/*
 * Whether a process with that name (escaped, as in /proc/PID/status) is selected: by its number, or by
 * all other conditions; without any condition, all processes but brkwatch-cli itself are. The numbers
 * must be sorted.
 */
bool select_has(const struct selection *sel, const struct brkwatch *bw, pid_t pid,
		const char *name);

/* Whether the name (escaped) matches --comm, if that is given. */
bool select_has_name(const struct selection *sel, const char *name);

void select_free(struct selection *sel);
