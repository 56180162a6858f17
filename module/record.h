/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One record per address space: its counters, its history, its life.
 *
 * Locks, outermost first; each is raw because it is taken in kprobe handlers,
 * which must not sleep, on PREEMPT_RT neither:
 *
 *	mmap_lock			(the kernel's; for write in do_brk_flags)
 *	  record->lock			one per record
 *	  table_lock			which record belongs to which mm
 *	    followed_lock		who is followed, and reserves
 *	  pool_lock			spare records for handlers
 *
 * Locks of one depth are never held together, nor while calling anything in the
 * kernel that could sleep or come back here. No interrupt takes any of them, so
 * interrupts stay on.
 */
#ifndef BRKWATCH_RECORD_H
#define BRKWATCH_RECORD_H

#include <linux/hash.h>
#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "brkwatch.h"
#include "history.h"
#include "share.h"

/* The number of refusals, the newest ones, for which a record keeps evidence. */
#define BRKWATCH_EVIDENCE	5

struct brkwatch_long_ring;
struct mm_struct;
struct pid;
struct seq_file;

/**
 * struct brkwatch_record - what is known of one address space
 *
 * Life: made by the first call, fork or open that meets the address space;
 * found by its mm while that has users. When the address space goes away,
 * brkwatch_record_retire() takes it from the table and a worker drops the mm.
 * Descriptors keep the record. @refs counts the table as one and each
 * descriptor as one; the last put frees it after a grace period, because
 * handlers walk the table's chains as RCU readers. A handler that found the
 * record of its own current->mm needs no reference: that mm has a user.
 */
struct brkwatch_record {
	/* Written under table_lock, read under RCU. */
	struct hlist_node node;
	/*
	 * Pinned by mmgrab() so that its address is not used again while it is
	 * a key. NULL, written under @lock, once the worker has dropped it.
	 */
	struct mm_struct *mm;

	raw_spinlock_t lock;

	/* From here to @spaces_before: under @lock. */
	unsigned int inflight;		/* calls inside sys_brk */
	u64 entries;			/* calls that ever entered */
	struct hlist_head calls;	/* those inside */
	unsigned long brk;		/* the break after the newest event */
	u64 last_time;
	bool ended;
	bool execed;			/* its process goes on in another one */
	bool unsettled;			/* overlapped or lost calls may have misled @brk */
	u64 doubtful_until;		/* unseen calls may still be inside */
	bool loading;			/* exec has yet to set the break */
	struct brkwatch_sums sums;
	unsigned long peak;
	unsigned long start_brk;	/* after the newest event */
	/* Kept up to date while the address space lives, last known after. */
	unsigned long data_limit;
	kuid_t uid;
	char comm[TASK_COMM_LEN];
	struct brkwatch_evidence evidence[BRKWATCH_EVIDENCE];	/* of the newest refusals */
	struct brkwatch_history history;
	u64 spaces_before;		/* recorded ones that its process had before */

	/* Fixed when made. */
	u64 space;
	u64 since;
	struct pid *tgid;		/* the process it is named after */
	unsigned int level;		/* of its pid namespace */
	brkwatch_user_t user;		/* who has it in his share of brkwatch_live */

	refcount_t refs;
	struct llist_node link;		/* in the pool, or waits for its mm to be dropped */
	struct rcu_work free_work;

	/* follow.c's, from here to @lent under followed_lock. */
	unsigned int followers;
	u64 next_space;			/* its process's next one, if followed; or 0 */
	struct hlist_node followed;
	struct brkwatch_long_ring *reserve;
	bool wants_reserve;		/* the last one was lent */
	unsigned long lent_up_to;	/* LEND_TIME later for each; jiffies */
	unsigned long lent_until;	/* jiffies */
	struct list_head lent;
	struct timer_list wake_timer;
	wait_queue_head_t wait;

	struct brkwatch_event ring[];
};

/*
 * What all address spaces there ever were add up to: one for each processor, which
 * only ever grows; written under a record's lock. No u64: half of one might be read
 * on a 32-bit machine.
 */
struct brkwatch_totals {
	unsigned long counts[BRKWATCH_CALL_KINDS];
	unsigned long reasons[BRKWATCH_REASONS];	/* of refused ones */
	unsigned long grown, shrunk;			/* pages */
	unsigned long lost;
};

DECLARE_PER_CPU(struct brkwatch_totals, brkwatch_totals);

/* A task's name. */
static inline void brkwatch_comm_copy(char *to, const struct task_struct *task)
{
	/* Without the lock that protects its change: a name may be torn. */
	data_race(memcpy(to, task->comm, TASK_COMM_LEN));
	to[TASK_COMM_LEN - 1] = '\0';
}

extern unsigned int brkwatch_history_events;	/* parameter history */

int brkwatch_record_init(void);
void brkwatch_record_exit(void);

extern struct hlist_head *brkwatch_records;
extern unsigned int brkwatch_records_bits;

static inline struct hlist_head *brkwatch_record_bucket(const struct mm_struct *mm)
{
	return &brkwatch_records[hash_ptr(mm, brkwatch_records_bits)];
}

/*
 * The record of an address space. Context: RCU reader, or preemption disabled; it
 * stays as long as that, or as @mm has users.
 */
static inline struct brkwatch_record *brkwatch_record_find(struct mm_struct *mm)
{
	struct brkwatch_record *record;

	hlist_for_each_entry_rcu(record, brkwatch_record_bucket(mm), node) {
		if (record->mm == mm)
			return record;
	}
	return NULL;
}

struct brkwatch_record *brkwatch_record_new(struct mm_struct *mm);

/*
 * Find or make the record of current's address space; NULL if the limit is reached or
 * the pool is empty. Context: RCU reader that interrupts no part of the module.
 */
static inline struct brkwatch_record *brkwatch_record_make(struct mm_struct *mm)
{
	return brkwatch_record_find(mm) ?: brkwatch_record_new(mm);
}

/* The evidence of a refused event, where it is kept; else none. @record is locked. */
static inline struct brkwatch_evidence
brkwatch_record_evidence(const struct brkwatch_record *record, u64 seq)
{
	int i;

	for (i = 0; i < BRKWATCH_EVIDENCE; i++) {
		if (record->evidence[i].seq == seq)
			return record->evidence[i];
	}
	return (struct brkwatch_evidence) {};
}

void brkwatch_record_doubt_all(void);
void brkwatch_record_adopt(struct brkwatch_record *record, struct mm_struct *mm);
void brkwatch_record_retire(struct brkwatch_record *record);

struct brkwatch_record *brkwatch_record_open(struct mm_struct *mm, struct pid *pid);
void brkwatch_record_put(struct brkwatch_record *record);

/* ---- follow.c: followers, who wait for the events of a record ---- */

/* Long enough to collect many events for one wake-up, short enough for a watcher. */
#define BRKWATCH_WAKE_MS	8

/* Followers have a new event, and are woken a little later. @record is locked. */
static inline void brkwatch_follow_news(struct brkwatch_record *record)
{
	if (!timer_pending(&record->wake_timer))
		mod_timer(&record->wake_timer,
			  jiffies + msecs_to_jiffies(BRKWATCH_WAKE_MS));
}

int brkwatch_follow_init(void);
void brkwatch_follow_exit(void);
void brkwatch_follow_setup(struct brkwatch_record *record);
void brkwatch_follow_inherit(struct brkwatch_record *record,
			     struct task_struct *owner);
void brkwatch_follow_pass_on(struct brkwatch_record *record,
			     struct task_struct *owner);
void brkwatch_follow_add(struct brkwatch_record *record);
void brkwatch_follow_remove(struct brkwatch_record *record);
void brkwatch_follow_reserve(struct brkwatch_record *record);

/* ---- pool.c: where records come from, and how much there may be of what ---- */

/*
 * Records of address spaces that live; pages of long histories; and
 * descriptors, each of which may keep the record of one that is gone.
 */
extern struct brkwatch_share brkwatch_live, brkwatch_histories,
			     brkwatch_descriptors;

int brkwatch_pool_init(size_t record_size);
void brkwatch_pool_exit(void);
struct brkwatch_record *brkwatch_pool_get(brkwatch_user_t user, bool *low);
struct brkwatch_record *brkwatch_pool_alloc(void);
void brkwatch_pool_put(struct brkwatch_record *record, brkwatch_user_t user);
void brkwatch_pool_free(struct brkwatch_record *record);
bool brkwatch_pool_fill(void);
void brkwatch_pool_show(struct seq_file *m);
unsigned long brkwatch_pool_memory(void);

/* ---- trace.c: whoever traces the kernel ---- */

/* A tracepoint is enabled. This test is the whole cost if none is. */
DECLARE_STATIC_KEY_FALSE(brkwatch_traced);
void brkwatch_trace_event(const struct brkwatch_record *record,
			  const struct brkwatch_event *event, unsigned long old);

#endif
