/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* What a number is of. */
enum task_kind {
	TASK_NONE,
	TASK_HIDDEN,		/* there is one, but /proc does not show it */
	TASK_LIVE,
	TASK_ZOMBIE,
	TASK_KTHREAD,
	TASK_THREAD,		/* not the first one of its process */
};

/* @process, or NULL: of a TASK_THREAD its process. */
enum task_kind task_kind(pid_t pid, pid_t *process);

/* Whether a thread has an address space; @proc is a mount of procfs. */
bool task_has_memory(const char *proc, pid_t tid);

/*
 * The thread by which to ask for the address space of process @pid: mostly the main one. Where that
 * has exited, its files are as empty as a zombie's, and another thread has what they lack. Where no
 * thread has an address space it is @pid, too.
 */
pid_t task_with_memory(const char *proc, pid_t pid);

/* A file of that thread in /proc, or NULL. */
FILE *task_open(pid_t pid, const char *name);
