/* SPDX-License-Identifier: GPL-2.0 */
/* The files under /proc/brkwatch. */
#ifndef BRKWATCH_PROC_H
#define BRKWATCH_PROC_H

#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "brkwatch.h"
#include "share.h"

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
 * @start_before: where the heap started before the first of its events
 * @newest: sequence number of the newest event there was
 * @first: the first event that it shows
 * @last: the last one: @newest, or less if it was cut short
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
	struct brkwatch_sums sums;
	unsigned int inflight;
	unsigned long history;
	u64 newest, first, last;
	u64 dropped;
	unsigned long start_before;
};

/**
 * struct brkwatch_reader - an open descriptor of /proc/brkwatch/<pid>
 * @record: the address space that it was opened for, with a reference
 * @pid: the process that it was opened for
 * @ns: the pid namespace of the procfs mount that it was opened through; the
 *	open file keeps it
 * @user: who has it in his share of brkwatch_descriptors
 * @shown: newest event that it was shown, under the record's lock
 * @shown_start: where the heap started after that
 * @follows: whether it has polled; bit 0
 * @lock: over the snapshot and its text. Held while it is copied to the user, which may
 *	sleep for as long as the user likes: nobody else's business waits for it
 * @taken: whether there is a snapshot
 * @snapshot: what reads serve
 * @printed: the newest event that became text since @snapshot was taken
 * @printed_start: where the heap started after that
 * @events: the @n events from sequence number @seq, of which text is being made;
 *	in front of them one that has only the break before
 */
struct brkwatch_reader {
	struct brkwatch_record *record;
	struct pid *pid;
	struct pid_namespace *ns;
	brkwatch_user_t user;
	u64 shown;
	unsigned long shown_start;
	unsigned long follows;

	struct mutex lock;		/* of what comes after it */
	bool taken;
	struct brkwatch_snapshot snapshot;
	u64 printed;
	unsigned long printed_start;
	u64 seq;
	unsigned int n;
	struct brkwatch_event events[1 + 32];
};

int brkwatch_proc_init(void);

/* In snapshot.c. */
int brkwatch_snapshot_take(struct brkwatch_reader *reader);
struct brkwatch_event *brkwatch_snapshot_event(struct brkwatch_reader *reader,
					       u64 seq);

/* The sequence number of what brkwatch_snapshot_event() returned. */
static inline u64 brkwatch_snapshot_seq(const struct brkwatch_reader *reader,
					const struct brkwatch_event *event)
{
	return reader->seq + (event - &reader->events[1]);
}

/* It has become text. */
static inline void brkwatch_snapshot_printed(struct brkwatch_reader *reader,
					     const struct brkwatch_event *event)
{
	u64 seq = brkwatch_snapshot_seq(reader, event);

	if (seq <= reader->printed)
		return;
	reader->printed = seq;
	if (brkwatch_event_is_external(event))
		reader->printed_start = event->request;
}

/* In list.c. */
extern const struct proc_ops brkwatch_all_ops, brkwatch_exited_ops;
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

#endif
