/* SPDX-License-Identifier: GPL-2.0 */
/* How calls, forks and ends become events of a record. */
#ifndef BRKWATCH_CALL_H
#define BRKWATCH_CALL_H

#include <linux/list.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

struct brkwatch_record;
struct mm_struct;

/* Limits of a process. */
static inline unsigned long brkwatch_rlimit(const struct task_struct *task,
					    unsigned int limit)
{
	/*
	 * prlimit() writes both as one, under a lock that nobody takes to read
	 * one, the kernel itself included: old or new, it is right.
	 */
	return data_race(task_rlimit(task, limit));
}

static inline unsigned long brkwatch_rlimit_max(const struct task_struct *task,
						unsigned int limit)
{
	/* As above. */
	return data_race(task_rlimit_max(task, limit));
}

/**
 * struct brkwatch_limits - what do_brk_flags decides by, read at its entry
 *
 * Its caller holds mmap_lock for writing, so these are exact. Pages, but for
 * the limits and the break.
 */
struct brkwatch_limits {
	unsigned long brk;
	unsigned long total_vm;
	unsigned long data_vm;
	unsigned long as_limit;
	unsigned long data_limit;
	unsigned long data_limit_max;
};

/**
 * struct brkwatch_call - a brk call that is inside the kernel
 *
 * Lives in the kretprobe's data, from brkwatch_call_enter() to
 * brkwatch_call_leave(). It owns nothing, because a kretprobe that is
 * unregistered forgets the calls that have not returned; brkwatch_call_stop()
 * comes before that. @node and @overlapped are under the record's lock; the
 * rest is the calling task's own.
 */
struct brkwatch_call {
	struct hlist_node node;
	struct brkwatch_record *record;
	struct task_struct *task;
	unsigned long request;
	u64 entered;
	u64 entries;		/* the record's, including this call */
	bool overlapped;	/* others were inside when this one entered */
	bool reached;		/* do_brk_flags was entered, @limits is filled */
	struct brkwatch_limits limits;
};

bool brkwatch_call_query(void);
bool brkwatch_call_enter(struct brkwatch_call *call, unsigned long request);
bool brkwatch_call_grow(void);
void brkwatch_call_leave(struct brkwatch_call *call, unsigned long ret);
bool brkwatch_call_lost(struct mm_struct *mm);
void brkwatch_call_stop(void);
void brkwatch_call_fork(struct task_struct *child);
void brkwatch_call_end(struct brkwatch_record *record);
void brkwatch_call_settle(struct brkwatch_record *record, struct mm_struct *mm);

/* Set by whoever feeds calls, before the first one. */
extern bool brkwatch_grow_watched;	/* brkwatch_call_grow() is called */
extern u64 brkwatch_calls_since;	/* calls were made unseen until then */
unsigned long brkwatch_calls_missed(void);

/* In reason.c. */
void brkwatch_reason_init(void);
void brkwatch_reason_exit(void);
void brkwatch_reason_learn(const struct brkwatch_call *call);
u8 brkwatch_reason_find(const struct brkwatch_call *call, unsigned long old,
			bool overlapped);

#endif
