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

struct brkwatch_name;
struct pid;
struct pid_namespace;
struct proc_dir_entry;
struct proc_ops;

/**
 * struct brkwatch_names_stats - health of the names
 * @names: numbers under /proc/brkwatch
 * @removals: those whose removal waits for somebody inside
 * @rescans: times all processes were walked because the queue overflowed or
 *	memory was short
 * @max_delay: longest time from a fork to its name, nanoseconds
 */
extern struct brkwatch_names_stats {
	unsigned long names, removals, rescans;
	u64 max_delay;
} brkwatch_names_stats;

int brkwatch_names_start(struct proc_dir_entry *dir, const struct proc_ops *ops);
void brkwatch_names_stop(void);

struct pid *brkwatch_process_get(pid_t nr, struct pid_namespace *ns);
void brkwatch_names_changed(pid_t nr);
struct brkwatch_name *brkwatch_name_enter(pid_t nr);
void brkwatch_name_leave(struct brkwatch_name *name);

#endif
