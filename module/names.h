/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers under /proc/brkwatch.
 *
 * procfs asks a module nothing when a name is looked up, so each number that a
 * process has in any pid namespace must stand there as an entry. Forks and
 * ends are queued by tracepoints; a worker makes and removes the entries.
 */
#ifndef BRKWATCH_NAMES_H
#define BRKWATCH_NAMES_H

#include <linux/types.h>

struct pid;
struct proc_dir_entry;
struct proc_ops;

/**
 * struct brkwatch_name - a number under /proc/brkwatch
 * @nr: the number
 * @processes: how many processes have it, each in another pid namespace
 * @open: descriptors open under this name, and opens under way
 * @doomed: about to be removed; who finds this must turn away
 *
 * The data of its proc entry. Freed after the entry is removed, which waits
 * for whoever is inside an operation of it. An entry must not be removed
 * while descriptors are open: procfs would call their release under a
 * poller's feet. Nor while one is being opened: that may sleep for long and
 * the worker would wait. @open keeps it from both. All but @nr is under
 * brkwatch_names_lock.
 */
struct brkwatch_name {
	struct list_head idle;
	pid_t nr;
	unsigned int processes;
	unsigned int open;
	bool doomed;
	struct proc_dir_entry *entry;
};

/**
 * struct brkwatch_names_stats - health of the names
 * @names: numbers under /proc/brkwatch
 * @rescans: times all processes were walked because the queue overflowed or
 *	memory was short
 * @max_delay: longest time from a fork to its name, nanoseconds
 */
struct brkwatch_names_stats {
	unsigned long names, rescans;
	u64 max_delay;
};

int brkwatch_names_init(void);
void brkwatch_names_exit(void);
int brkwatch_names_start(struct proc_dir_entry *dir, umode_t mode,
			 const struct proc_ops *ops);
void brkwatch_names_stop(void);

void brkwatch_names_add(struct pid *pid);
void brkwatch_names_remove(pid_t nr);
bool brkwatch_name_get(struct brkwatch_name *name);
void brkwatch_name_put(struct brkwatch_name *name);
void brkwatch_names_get_stats(struct brkwatch_names_stats *stats);

#endif
