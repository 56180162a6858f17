/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/parse-values.h"
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

/* Options that select processes; a list is 17 or 17,18 or 17 18, also as an argument. */
bool take_pids(const char *name, const char *list, void *selection);
bool take_comm(const char *name, const char *regex, void *selection);
bool take_uid(const char *name, const char *user, void *selection);

#define SELECTION_OPTIONS(selection) \
	{ NULL, 0, NULL, "Which processes:", NULL, NULL }, \
	{ "pid", 'p', "LIST", "these processes: 17,18 or the output of pidof", take_pids, selection }, \
	{ "comm", 0, "REGEX", "processes whose command name matches REGEX", take_comm, selection }, \
	{ "uid", 0, "USER", "processes of this user", take_uid, selection }

/* Also of programs that can show all processes. */
#define ALL_SELECTION_OPTIONS(selection) \
	SELECTION_OPTIONS(selection), \
	{ "all", 0, NULL, "all processes that you may read", take_flag, &(selection)->all }

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
