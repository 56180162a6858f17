// SPDX-License-Identifier: GPL-2.0
/*
 * The records: a table from address space to record, and the workers that
 * clear up after it and refill the pool that it is fed from.
 */
#include "brkwatch.h"

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "call.h"
#include "compat.h"
#include "event.h"
#include "proc.h"
#include "record.h"

unsigned int brkwatch_history_events = 32;
module_param_named(history, brkwatch_history_events, uint, 0444);
MODULE_PARM_DESC(history, "events kept for each process, 2 to 65536, rounded up to a power of two (default 32)");

static struct workqueue_struct *wq;

/* Removal and insertion; walked under RCU. */
static DEFINE_RAW_SPINLOCK(table_lock);
struct hlist_head *brkwatch_records;
unsigned int brkwatch_records_bits;

/*
 * When each user's newest call came that nobody saw: it found no record, or was
 * before the probes. Under table_lock.
 */
static u64 unseen[BRKWATCH_USERS];

/* Records out of the table whose mm the worker still has to drop. */
static LLIST_HEAD(retired);

static void tidy(struct work_struct *work);
static DECLARE_DELAYED_WORK(tidy_work, tidy);

static void sweep(struct work_struct *work);
static DECLARE_DELAYED_WORK(sweep_work, sweep);

static void fill(struct work_struct *work);
static DECLARE_DELAYED_WORK(fill_work, fill);

static atomic64_t next_space = ATOMIC64_INIT(0);

DEFINE_PER_CPU(struct brkwatch_totals, brkwatch_totals);

/* ---- making and freeing ---- */

/* Context: process; nobody can find the record any more. */
static void free_work_fn(struct work_struct *work)
{
	struct brkwatch_record *record = container_of(to_rcu_work(work),
						      struct brkwatch_record,
						      free_work);

	timer_shutdown_sync(&record->wake_timer);
	if (record->mm)
		mmdrop(record->mm);
	put_pid(record->tgid);
	brkwatch_pool_free(record);
}

/*
 * Begin at the current break; until exec has set the break, begin anew. @record is
 * locked or not yet known, and has no events.
 */
void brkwatch_record_adopt(struct brkwatch_record *record, struct mm_struct *mm)
{
	struct task_struct *task = current;

	rcu_read_lock();
	if (current->mm != mm)
		task = pid_task(record->tgid, PIDTYPE_TGID);
	/* A bit-field that its own task writes. */
	record->loading = task && data_race((bool)task->in_execve);
	rcu_read_unlock();
	/* The task clears it after it has set the break. */
	smp_rmb();

	record->brk = READ_ONCE(mm->brk);
	record->start_brk = READ_ONCE(mm->start_brk);
	record->peak = brkwatch_heap(record->start_brk, record->brk);
	record->history.before = record->brk;
	record->history.start_before = record->start_brk;
	/* As exec has left them. */
	if (record->tgid == task_tgid(current)) {
		record->uid = task_uid(current);
		brkwatch_comm_copy(record->comm, current->group_leader);
	}
}

/*
 * @owner: a process that has @mm, or had it a moment ago. If it has been reaped
 * meanwhile, it has no number. References to both are not taken yet.
 */
static void record_setup(struct brkwatch_record *record, struct mm_struct *mm,
			 struct task_struct *owner, brkwatch_user_t user)
{
	memset(record, 0, offsetof(struct brkwatch_record, ring));
	record->mm = mm;
	record->user = user;
	raw_spin_lock_init(&record->lock);
	record->since = ktime_get_mono_fast_ns();
	record->last_time = record->since;
	record->space = atomic64_inc_return(&next_space);
	record->data_limit = RLIM_INFINITY;
	record->tgid = owner ? task_tgid(owner) : NULL;
	if (record->tgid) {
		record->level = record->tgid->level;
		record->uid = task_uid(owner);
		record->data_limit = brkwatch_rlimit(owner, RLIMIT_DATA);
		brkwatch_comm_copy(record->comm, owner->group_leader);
	}
	refcount_set(&record->refs, 1);
	INIT_RCU_WORK(&record->free_work, free_work_fn);
	brkwatch_follow_setup(record);
	brkwatch_history_init(&record->history, record->ring,
			      brkwatch_history_events);
	brkwatch_record_adopt(record, mm);
}

/* ---- the table ---- */

/* Put a record into the table, or find that another got there first. */
static struct brkwatch_record *table_add(struct brkwatch_record *record,
					 struct task_struct *owner)
{
	struct brkwatch_record *other;

	raw_spin_lock(&table_lock);
	other = brkwatch_record_find(record->mm);
	if (!other) {
		if (owner)
			brkwatch_follow_inherit(record, owner);
		/* Another than current may be inside with a call that nobody saw. */
		if (atomic_read(&record->mm->mm_users) > 1)
			record->doubtful_until = unseen[record->user] + BRKWATCH_DOUBT_NS;
		mmgrab(record->mm);
		get_pid(record->tgid);
		hlist_add_head_rcu(&record->node, brkwatch_record_bucket(record->mm));
	}
	raw_spin_unlock(&table_lock);
	return other;
}

/*
 * No record can be made for @mm, which would count in @payer's share, so the call
 * that current makes, if it is no fork, is unseen. Return: a record that somebody made
 * meanwhile, which would not know of that call.
 */
static struct brkwatch_record *table_miss(struct mm_struct *mm, brkwatch_user_t payer)
{
	struct brkwatch_record *record;

	raw_spin_lock(&table_lock);
	record = brkwatch_record_find(mm);
	if (!record)
		unseen[payer] = ktime_get_mono_fast_ns();
	raw_spin_unlock(&table_lock);
	return record;
}

/* All calls until now are unseen. */
void brkwatch_record_doubt_all(void)
{
	unsigned int i;

	for (i = 0; i < BRKWATCH_USERS; i++)
		unseen[i] = ktime_get_mono_fast_ns();
}

static brkwatch_user_t payer_of(struct task_struct *owner)
{
	return brkwatch_user_of(owner ? __task_cred(owner) : current_cred());
}

/*
 * Use @record for an address space, if there is room, or find the record that it
 * already has.
 * Context: any that does not interrupt another part of the module; RCU reader.
 */
static struct brkwatch_record *record_use(struct brkwatch_record *record,
					  struct mm_struct *mm,
					  struct task_struct *owner,
					  brkwatch_user_t payer)
{
	struct brkwatch_record *other;

	if (!brkwatch_share_take(&brkwatch_live, payer, 1)) {
		queue_delayed_work(wq, &sweep_work, HZ);
		return NULL;
	}
	record_setup(record, mm, owner, payer);
	other = table_add(record, owner);
	if (!other)
		return record;
	brkwatch_share_give(&brkwatch_live, payer, 1);
	return other;
}

/* brkwatch_record_make() if there was no record a moment ago. */
struct brkwatch_record *brkwatch_record_new(struct mm_struct *mm)
{
	struct brkwatch_record *record = NULL, *spare;
	struct task_struct *owner;
	brkwatch_user_t payer;
	bool low;

	/* With preemption disabled a handler is a reader, but lockdep does not know. */
	rcu_read_lock();
	owner = brkwatch_mm_owner(mm, current);
	payer = payer_of(owner);
	spare = brkwatch_pool_get(payer, &low);
	if (low)
		queue_delayed_work(wq, &fill_work, 0);
	if (spare)
		record = record_use(spare, mm, owner, payer);
	if (spare && record != spare)
		brkwatch_pool_put(spare, payer);
	record = record ?: table_miss(mm, payer);
	rcu_read_unlock();
	return record;
}

/*
 * The address space of a record in the table is gone; brkwatch_event_end() has saved
 * the last values. Context: any; once.
 */
void brkwatch_record_retire(struct brkwatch_record *record)
{
	raw_spin_lock(&table_lock);
	hlist_del_rcu(&record->node);
	raw_spin_unlock(&table_lock);
	if (llist_add(&record->link, &retired))
		queue_delayed_work(wq, &tidy_work, 1);
}

static bool is_gone(struct brkwatch_record *record)
{
	bool gone;

	raw_spin_lock(&record->lock);
	gone = record->mm && !atomic_read(&record->mm->mm_users);
	raw_spin_unlock(&record->lock);
	return gone;
}

/*
 * Somebody was refused a record. End the records whose address space went unnoticed,
 * because root can switch off all kprobes for a while.
 */
static void sweep(struct work_struct *work)
{
	struct brkwatch_record *record;
	unsigned int i;

	for (i = 0; i < 1U << brkwatch_records_bits; i++) {
		rcu_read_lock();
		hlist_for_each_entry_rcu(record, &brkwatch_records[i], node) {
			if (is_gone(record))
				brkwatch_event_end(record);
		}
		rcu_read_unlock();
		cond_resched();
	}
}

/* Drop the address spaces that are gone. */
static void tidy(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&retired);
	struct brkwatch_record *record, *next;

	llist_for_each_entry_safe(record, next, list, link) {
		struct mm_struct *mm = record->mm;

		raw_spin_lock(&record->lock);
		record->mm = NULL;
		raw_spin_unlock(&record->lock);
		mmdrop(mm);
		brkwatch_share_give(&brkwatch_live, record->user, 1);
		if (!record->execed)
			brkwatch_exited_add(record);
		brkwatch_record_put(record);
		cond_resched();
	}
}

/* A separate work item: calls that find the pool empty are lost. */
static void fill(struct work_struct *work)
{
	if (!brkwatch_pool_fill())
		queue_delayed_work(wq, &fill_work, HZ / 10);
}

/* ---- descriptors ---- */

/*
 * The record of @mm, which the caller keeps in use and the process @pid has; undo
 * with brkwatch_record_put(). NULL if there can be none. Sleeps.
 */
struct brkwatch_record *brkwatch_record_open(struct mm_struct *mm, struct pid *pid)
{
	struct brkwatch_record *record, *spare = NULL;
	struct task_struct *owner;

	rcu_read_lock();
	record = brkwatch_record_find(mm);
	if (!record) {
		rcu_read_unlock();
		spare = brkwatch_pool_alloc();
		if (!spare)
			return NULL;
		rcu_read_lock();
		owner = brkwatch_mm_owner(mm, pid_task(pid, PIDTYPE_TGID));
		record = record_use(spare, mm, owner, payer_of(owner));
	}
	if (record)
		refcount_inc(&record->refs);
	rcu_read_unlock();
	if (spare && spare != record)
		brkwatch_pool_free(spare);
	return record;
}

/* Give up a reference. Context: any. */
void brkwatch_record_put(struct brkwatch_record *record)
{
	if (refcount_dec_and_test(&record->refs))
		queue_rcu_work(wq, &record->free_work);
}

/* ---- module ---- */

int brkwatch_record_init(void)
{
	int err;

	err = brkwatch_check_parameter("history", brkwatch_history_events, 2,
				       1 << 16) ?:
	      brkwatch_follow_init();
	if (err)
		return err;
	brkwatch_history_events = roundup_pow_of_two(brkwatch_history_events);

	err = brkwatch_pool_init(struct_size((struct brkwatch_record *)NULL,
					     ring, brkwatch_history_events));
	if (err)
		return err;
	err = -ENOMEM;
	brkwatch_records_bits = clamp(ilog2(brkwatch_live.limit), 8, 17);
	brkwatch_records = kvcalloc(1UL << brkwatch_records_bits,
				    sizeof(*brkwatch_records), GFP_KERNEL);
	if (!brkwatch_records)
		goto err_pool;
	wq = alloc_workqueue("brkwatch", WQ_UNBOUND | WQ_HIGHPRI, 0);
	if (!wq)
		goto err_table;
	return 0;

err_table:
	kvfree(brkwatch_records);
err_pool:
	brkwatch_pool_exit();
	return err;
}

/* No probe is armed, and no descriptor is open. */
void brkwatch_record_exit(void)
{
	struct brkwatch_record *record;
	struct hlist_node *next;
	unsigned int i;

	cancel_delayed_work_sync(&fill_work);
	cancel_delayed_work_sync(&sweep_work);
	cancel_delayed_work_sync(&tidy_work);
	brkwatch_follow_exit();
	tidy(NULL);
	for (i = 0; i < 1U << brkwatch_records_bits; i++) {
		hlist_for_each_entry_safe(record, next, &brkwatch_records[i], node)
			brkwatch_record_put(record);
	}
	/* Wait for the records' grace periods, then for the work that these queue. */
	rcu_barrier();
	destroy_workqueue(wq);
	kvfree(brkwatch_records);
	brkwatch_pool_exit();
}
