/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <sys/types.h>

/* What a number is of. */
enum task_kind {
	TASK_NONE,
	TASK_LIVE,
	TASK_ZOMBIE,
	TASK_KTHREAD,
	TASK_THREAD,		/* not the first one of its process */
};

/* @process, or NULL: of a TASK_THREAD its process. */
enum task_kind task_kind(pid_t pid, pid_t *process);
