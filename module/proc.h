/* SPDX-License-Identifier: GPL-2.0 */
/* The files under /proc/brkwatch, and what each of them asks others. */
#ifndef BRKWATCH_PROC_H
#define BRKWATCH_PROC_H

#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "brkwatch.h"
#include "share.h"

struct brkwatch_name;
struct brkwatch_record;
struct file;
struct iov_iter;
struct kiocb;
struct mm_struct;
struct pid;
struct pid_namespace;
struct proc_dir_entry;
struct proc_ops;
struct seq_file;
struct seq_operations;

/* What one reading shows; what is not explained is as the keys of the file. */
struct brkwatch_snapshot {
	bool running;
	char comm[TASK_COMM_LEN];
	unsigned long start_brk;
	unsigned long brk;
	unsigned long peak;
	unsigned long data_limit;
	unsigned long next_mapping;	/* 0: none */
	struct brkwatch_sums sums;
	unsigned int inflight;
	unsigned long history;
	u64 newest;			/* event there was */
	u64 first, last;		/* that it shows; @last is less if it was cut short */
	u64 dropped;			/* never shown to the descriptor */
	unsigned long start_before;	/* where the heap started before @first */
	u64 spaces_before;
};

/* An open descriptor of /proc/brkwatch/<pid>. */
struct brkwatch_reader {
	struct brkwatch_record *record;	/* with a reference, as @pid */
	struct pid *pid;
	struct pid_namespace *ns;	/* of the mount of procfs; the open file keeps it */
	brkwatch_user_t user;		/* whose share of brkwatch_descriptors it counts in */
	u64 shown;			/* newest event shown; under the record's lock */
	unsigned long shown_start;	/* where the heap started after that */
	unsigned long follows;		/* it has polled; bit 0 */

	/*
	 * Protects everything below. Held while text is copied to the user, which may
	 * sleep for long: nothing else may depend on it.
	 */
	struct mutex lock;
	bool taken;			/* there is a snapshot */
	struct brkwatch_snapshot snapshot;
	u64 printed;			/* newest event that became text since */
	unsigned long printed_start;	/* where the heap started after that */
	/* The @n events from @seq that are being printed, after one with the break before. */
	u64 seq;
	unsigned int n;
	struct brkwatch_event events[1 + 32];
};

int brkwatch_proc_init(void);

/* In snapshot.c. */
int brkwatch_snapshot_take(struct brkwatch_reader *reader);
struct brkwatch_event *brkwatch_snapshot_event(struct brkwatch_reader *reader,
					       u64 seq);

/* In list.c. */
extern const struct proc_ops brkwatch_all_ops, brkwatch_exited_ops;
int brkwatch_exited_init(void);
void brkwatch_exited_exit(void);
void brkwatch_exited_add(struct brkwatch_record *record);
ssize_t brkwatch_list_read(struct kiocb *iocb, struct iov_iter *to);

/* In text.c. */
void brkwatch_put_comm(struct seq_file *m, const char *comm, const char *only);
void brkwatch_put_address(struct seq_file *m, const char *delimiter,
			  unsigned long address);
void brkwatch_put_evidence(struct seq_file *m,
			   const struct brkwatch_evidence *evidence, u8 reason);
extern const struct seq_operations brkwatch_text_ops;

/* In stats.c. */
extern const struct proc_ops brkwatch_stats_ops;

/* In clock.c. */
int brkwatch_clock_init(void);
void brkwatch_clock_exit(void);
void brkwatch_clock_show(struct seq_file *m);

/* In access.c. */
int brkwatch_access_init(void);
void brkwatch_access_exit(void);
__printf(2, 3) int brkwatch_access_try(int flags, const char *format, ...);
struct mm_struct *brkwatch_access_mm(struct pid *pid, bool wait);
bool brkwatch_access_is_hidden(const struct file *file, pid_t nr);

/* In names.c. */
extern struct brkwatch_names_stats {
	atomic_long_t names;
	atomic_long_t removals;	/* that wait for a task inside */
	unsigned long rescans;	/* of all processes */
	u64 max_delay;		/* from a fork to its name, nanoseconds */
} brkwatch_names_stats;

int brkwatch_names_start(struct proc_dir_entry *dir, const struct proc_ops *ops);
void brkwatch_names_stop(void);
struct pid *brkwatch_process_get(pid_t nr, struct pid_namespace *ns);
void brkwatch_names_changed(pid_t nr);
struct brkwatch_name *brkwatch_name_enter(pid_t nr);
void brkwatch_name_leave(struct brkwatch_name *name);

#endif
