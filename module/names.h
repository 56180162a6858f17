/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers under /proc/brkwatch.
 *
 * procfs asks a module nothing when a name is looked up, so each number that a
 * process has in any pid namespace must stand there as an entry. Forks and
 * ends are queued by tracepoints; a worker makes the entries, others remove
 * them.
 */
#ifndef BRKWATCH_NAMES_H
#define BRKWATCH_NAMES_H

#include <linux/types.h>
#include <linux/workqueue.h>

struct pid;
struct proc_dir_entry;
struct proc_ops;

/**
 * struct brkwatch_name - a number under /proc/brkwatch
 * @nr: the number
 * @pid: the process that has it in the initial pid namespace, with a reference;
 *	the worker's
 * @users: processes that have it, each in another pid namespace, and opens
 *	under way
 * @leaving: nobody had it, so that it is to be removed
 * @gone: it is being removed; who finds this must turn away
 *
 * The data of its proc entry. Freed when the entry is removed, which waits for
 * whoever is inside an operation of it, and so is done by a work of its own.
 * @users, @leaving and @gone are under names_lock.
 */
struct brkwatch_name {
	pid_t nr;
	struct pid *pid;
	unsigned int users;
	bool leaving;
	bool gone;
	struct proc_dir_entry *entry;
	struct work_struct removal;
	struct rcu_head rcu;
};

/**
 * struct brkwatch_names_stats - health of the names
 * @names: numbers under /proc/brkwatch
 * @removals: those whose removal waits for somebody inside
 * @rescans: times all processes were walked because the queue overflowed or
 *	memory was short
 * @max_delay: longest time from a fork to its name, nanoseconds
 */
struct brkwatch_names_stats {
	unsigned long names, removals, rescans;
	u64 max_delay;
};

int brkwatch_names_start(struct proc_dir_entry *dir, const struct proc_ops *ops);
void brkwatch_names_stop(void);

void brkwatch_names_changed(pid_t nr);
bool brkwatch_name_enter(struct brkwatch_name *name);
void brkwatch_name_leave(struct brkwatch_name *name);
void brkwatch_names_get_stats(struct brkwatch_names_stats *stats);

#endif
