/* SPDX-License-Identifier: GPL-2.0 */
/* The numbers under /proc/brkwatch, see names.c. */
#ifndef BRKWATCH_NAMES_H
#define BRKWATCH_NAMES_H

#include <linux/types.h>

struct brkwatch_name;
struct pid;
struct pid_namespace;
struct proc_dir_entry;
struct proc_ops;

extern struct brkwatch_names_stats {
	unsigned long names;
	unsigned long removals;	/* that wait for somebody inside */
	unsigned long rescans;	/* of all processes: the queue overflowed, or memory was short */
	u64 max_delay;		/* from a fork to its name, nanoseconds */
} brkwatch_names_stats;

int brkwatch_names_start(struct proc_dir_entry *dir, const struct proc_ops *ops);
void brkwatch_names_stop(void);

struct pid *brkwatch_process_get(pid_t nr, struct pid_namespace *ns);
void brkwatch_names_changed(pid_t nr);
struct brkwatch_name *brkwatch_name_enter(pid_t nr);
void brkwatch_name_leave(struct brkwatch_name *name);

#endif
