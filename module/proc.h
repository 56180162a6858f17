/* SPDX-License-Identifier: GPL-2.0 */
/* The files under /proc/brkwatch. */
#ifndef BRKWATCH_PROC_H
#define BRKWATCH_PROC_H

#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/types.h>

struct brkwatch_event;
struct brkwatch_name;
struct brkwatch_record;
struct iov_iter;
struct kiocb;
struct pid;
struct pid_namespace;
struct proc_ops;
struct seq_file;
struct seq_operations;

/**
 * struct brkwatch_snapshot - what one reading of a file shows
 * @running: whether the address space was there
 * @next_mapping: start of the first mapping above the break, 0 if there is none
 * @events: @n events from sequence number @seq, in room for @room
 * @before: the break before the first of them
 * @start_before: where the heap started before the first of them
 * @newest: sequence number of the newest event there was
 * @dropped: events the descriptor was never shown, since it was opened
 *
 * The others are as the keys of the file. Bytes, addresses, nanoseconds.
 */
struct brkwatch_snapshot {
	bool running;
	char comm[TASK_COMM_LEN];
	unsigned long start_brk;
	unsigned long brk;
	unsigned long peak;
	unsigned long data_limit;
	unsigned long next_mapping;
	u64 counts[6];
	u64 grown, shrunk, lost;
	u64 external, resyncs, external_up, external_down;
	unsigned int inflight;
	unsigned long history;
	u64 newest;
	u64 dropped;

	struct brkwatch_event *events;
	unsigned long n, room;
	u64 seq;
	unsigned long before, start_before;
};

/**
 * struct brkwatch_reader - an open descriptor of /proc/brkwatch/<pid>
 * @record: the address space that it was opened for, with a reference
 * @pid: the process that it was opened for
 * @ns: the pid namespace of the procfs mount that it was opened through; the
 *	open file keeps it
 * @name: the name that it was opened by, kept by it
 * @shown: newest event that it was shown, under the record's lock
 * @follows: whether it has polled; bit 0
 * @lock: over the snapshot. Held while it is copied to the user, which may
 *	sleep for as long as the user likes: nobody else's business waits for it
 * @taken: whether there is a snapshot
 * @snapshot: what reads serve
 */
struct brkwatch_reader {
	struct brkwatch_record *record;
	struct pid *pid;
	struct pid_namespace *ns;
	struct brkwatch_name *name;
	u64 shown;
	unsigned long follows;

	struct mutex lock;		/* of @taken and @snapshot */
	bool taken;
	struct brkwatch_snapshot snapshot;
};

int brkwatch_proc_init(void);
void brkwatch_proc_exit(void);

/* In snapshot.c. */
int brkwatch_snapshot_take(struct brkwatch_reader *reader);

/* In list.c. */
extern const struct proc_ops brkwatch_all_ops, brkwatch_exited_ops;
ssize_t brkwatch_list_read(struct kiocb *iocb, struct iov_iter *to);

/* In text.c. */
void brkwatch_put_address(struct seq_file *m, const char *delimiter,
			  unsigned long address);
extern const struct seq_operations brkwatch_text_ops;

/* In stats.c. */
extern const struct proc_ops brkwatch_stats_ops;

#endif
