// SPDX-License-Identifier: GPL-2.0
/* Followers, who wait for the events of a record: their long histories, and waking them. */
#include "brkwatch.h"

#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/vmalloc.h>

#include "record.h"

/* Events moved at a time, under a lock that a brk call may be waiting for. */
#define CHUNK	32

/*
 * Charged to the follower, and never invokes the OOM killer. Allocated page by
 * page: for a contiguous block the kernel would compact memory.
 */
#define RING_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static unsigned int follow_events = 65536;
module_param_named(follow_history, follow_events, uint, 0444);
MODULE_PARM_DESC(follow_history, "events kept for a process that is being followed, 2 to 1048576, rounded up to a power of two (default 65536)");

/*
 * If a program makes a burst of calls right after exec or fork, its follower opens
 * the new file too late. So each followed record has a second ring in reserve; the
 * next record of the process, or of its child, takes it, and it goes back after a
 * while if nobody follows that record.
 */
#define LENT_TIME	(2 * HZ)
#define YOUNG_NS	(2 * NSEC_PER_SEC)

/*
 * A process that forks again and again would lend everything to its children. So
 * it may lend this many at once, and then one in each LEND_TIME.
 */
#define LEND_TIME	HZ
#define LEND_BURST	4

/* Counts in @user's share of brkwatch_histories. */
struct brkwatch_long_ring {
	brkwatch_user_t user;
	unsigned long size;
	struct brkwatch_event events[];
};

/*
 * Records with followers, by process, and records that a reserve was lent to,
 * oldest first, each with a reference. Taken in kprobe handlers.
 */
static DEFINE_RAW_SPINLOCK(followed_lock);
static DEFINE_HASHTABLE(followed, 10);
static LIST_HEAD(lent);

/*
 * Unused rings, which for a moment stay in the shares of their users: a follower of
 * many short-lived processes would be too late for the next ones if each needed a
 * new ring. Under followed_lock, too.
 */
#define CACHED_RINGS	8
static struct brkwatch_long_ring *cache[CACHED_RINGS];

/* Takes back what is lent, and empties the cache, LENT_TIME later. */
static void tidy(struct work_struct *work);
static DECLARE_DELAYED_WORK(tidy_work, tidy);

/* ---- rings ---- */

static unsigned long ring_pages(unsigned long size)
{
	return DIV_ROUND_UP(struct_size((struct brkwatch_long_ring *)NULL, events, size),
			    PAGE_SIZE);
}

static void ring_destroy(struct brkwatch_long_ring *ring)
{
	brkwatch_share_give(&brkwatch_histories, ring->user,
			    ring_pages(ring->size));
	vfree(ring);
}

/* One in the cache, of this user and size; any if @size is 0. */
static struct brkwatch_long_ring *cache_take(brkwatch_user_t user, unsigned long size)
{
	struct brkwatch_long_ring *ring = NULL;
	int i;

	raw_spin_lock(&followed_lock);
	for (i = 0; i < CACHED_RINGS && !ring; i++) {
		if (cache[i] && (!size || (cache[i]->user == user && cache[i]->size == size)))
			swap(ring, cache[i]);
	}
	raw_spin_unlock(&followed_lock);
	return ring;
}

static void empty_cache(void)
{
	struct brkwatch_long_ring *ring;

	while ((ring = cache_take(0, 0)))
		ring_destroy(ring);
}

static void ring_free(struct brkwatch_long_ring *ring)
{
	int i;

	raw_spin_lock(&followed_lock);
	for (i = 0; i < CACHED_RINGS && ring; i++) {
		if (!cache[i])
			swap(ring, cache[i]);
	}
	raw_spin_unlock(&followed_lock);
	if (ring)
		ring_destroy(ring);
	else
		schedule_delayed_work(&tidy_work, LENT_TIME);
}

static struct brkwatch_long_ring *ring_try(unsigned long size)
{
	brkwatch_user_t user = brkwatch_user_of(current_cred());
	struct brkwatch_long_ring *ring = cache_take(user, size);
	unsigned long pages = ring_pages(size);

	if (ring)
		return ring;
	if (!brkwatch_share_take(&brkwatch_histories, user, pages)) {
		empty_cache();
		if (!brkwatch_share_take(&brkwatch_histories, user, pages))
			return NULL;
	}
	ring = __vmalloc(pages << PAGE_SHIFT, RING_GFP);
	if (!ring) {
		brkwatch_share_give(&brkwatch_histories, user, pages);
		return NULL;
	}
	ring->user = user;
	ring->size = size;
	return ring;
}

/* The longest ring that there is room for, if it is longer than @size. */
static struct brkwatch_long_ring *ring_new(unsigned long size)
{
	struct brkwatch_long_ring *ring = NULL;
	unsigned long n;

	for (n = follow_events; !ring && n > size; n /= 4)
		ring = ring_try(n);
	return ring;
}

/* The long ring that a record has; NULL if it has only its own. */
static struct brkwatch_long_ring *ring_of(struct brkwatch_record *record)
{
	struct brkwatch_event *events = record->history.ring;

	return events == record->ring ? NULL :
	       container_of(events, struct brkwatch_long_ring, events[0]);
}

/*
 * Put another ring in the place of the one that a record has: a longer one, or
 * its own (NULL) if nobody follows it any more. The lock is not held for all of
 * it, and others may do the same meanwhile; but events do not change, so what
 * is copied stays right. Somebody else may have done better: then it fails.
 */
static void ring_replace(struct brkwatch_record *record, struct brkwatch_long_ring *ring)
{
	struct brkwatch_event *events = ring ? ring->events : record->ring;
	unsigned long size = ring ? ring->size : brkwatch_history_events;
	struct brkwatch_history *history = &record->history;
	struct brkwatch_long_ring *old;
	bool wanted, moved;
	u64 next = 0;

	do {
		raw_spin_lock(&record->lock);
		old = ring_of(record);
		wanted = ring ? size > brkwatch_history_size(history) :
				old && !READ_ONCE(record->followers);
		moved = wanted && brkwatch_history_move(history, events, size,
							record->start_brk,
							&next, CHUNK);
		raw_spin_unlock(&record->lock);
	} while (wanted && !moved);

	if (!moved)
		old = ring;
	if (old)
		ring_free(old);
}

/* ---- reserves ---- */

/* The record by which a process is followed. */
static struct brkwatch_record *find_followed(const struct pid *tgid)
{
	struct brkwatch_record *record;

	lockdep_assert_held(&followed_lock);
	hash_for_each_possible(followed, record, followed, (unsigned long)tgid) {
		if (record->tgid == tgid)
			return record;
	}
	return NULL;
}

/*
 * Announce a new record, of @owner, which nobody knows yet and which has no events.
 * It may take a reserve. Context: any; RCU reader.
 */
void brkwatch_follow_inherit(struct brkwatch_record *record,
			     struct task_struct *owner)
{
	struct task_struct *parent = rcu_dereference(owner->real_parent);
	struct brkwatch_long_ring *ring;
	struct brkwatch_record *lender;

	raw_spin_lock(&followed_lock);
	lender = find_followed(record->tgid);
	/* It may be gone before a follower can open its file. */
	if (lender && !lender->next_space)
		WRITE_ONCE(lender->next_space, record->space);
	if (!lender || !lender->reserve)
		lender = find_followed(task_tgid(parent));
	if (lender && lender->reserve) {
		ring = lender->reserve;
		lender->reserve = NULL;
		if (time_before(lender->lent_up_to, jiffies))
			lender->lent_up_to = jiffies;
		lender->lent_up_to += LEND_TIME;
		WRITE_ONCE(lender->wants_reserve, true);
		brkwatch_history_init(&record->history, ring->events, ring->size);
		refcount_inc(&record->refs);
		record->lent_until = jiffies + LENT_TIME;
		list_add_tail(&record->lent, &lent);
		schedule_delayed_work(&tidy_work, LENT_TIME);
	}
	raw_spin_unlock(&followed_lock);
}

/*
 * A record, which is locked, has ended; @owner is its process, if that is known.
 * Pass its long ring on to the next record, if its events fit in its own ring or
 * nobody has it open: a chain of short programs does not give followers the time to
 * make a reserve for each. Context: any; RCU reader.
 */
void brkwatch_follow_pass_on(struct brkwatch_record *record,
			     struct task_struct *owner)
{
	struct brkwatch_history *history = &record->history;
	struct brkwatch_long_ring *ring = ring_of(record);
	struct brkwatch_record *next;
	u64 seq = 0;

	/* Two references: the table's, and for a lent ring the list's; more are descriptors. */
	if (!ring || !owner ||
	    (history->last + 1 - history->first > brkwatch_history_events &&
	     (READ_ONCE(record->followers) || refcount_read(&record->refs) > 2)))
		return;
	raw_spin_lock(&followed_lock);
	next = find_followed(record->tgid);
	if (!next || next->reserve)
		next = find_followed(task_tgid(rcu_dereference(owner->real_parent)));
	if (next && !next->reserve &&
	    brkwatch_history_move(history, record->ring, brkwatch_history_events,
				  record->start_brk, &seq, CHUNK))
		next->reserve = ring;
	raw_spin_unlock(&followed_lock);
}

/* The record that has had a lent ring for longest, if its time is over or @all are wanted. */
static struct brkwatch_record *lent_next(bool all)
{
	struct brkwatch_record *record;

	raw_spin_lock(&followed_lock);
	record = list_first_entry_or_null(&lent, struct brkwatch_record, lent);
	if (record && !all && time_before(jiffies, record->lent_until)) {
		schedule_delayed_work(&tidy_work, LENT_TIME);
		record = NULL;
	}
	if (record)
		list_del(&record->lent);
	raw_spin_unlock(&followed_lock);
	return record;
}

static void take_back(bool all)
{
	struct brkwatch_record *record;

	while ((record = lent_next(all))) {
		ring_replace(record, NULL);
		brkwatch_record_put(record);
	}
}

static void tidy(struct work_struct *work)
{
	empty_cache();
	take_back(false);
}

/*
 * Find the record whose reserve serves what comes after @record. While its process
 * is young and the parent is followed, that is the parent's: most children do not
 * live long, and making a reserve takes time. Return: with a reference.
 */
static struct brkwatch_record *get_lender(struct brkwatch_record *record)
{
	struct brkwatch_record *lender = NULL;
	struct task_struct *task;
	struct pid *parent;

	rcu_read_lock();
	raw_spin_lock(&followed_lock);
	task = pid_task(record->tgid, PIDTYPE_TGID);
	if (task && ktime_get_ns() - task->start_time < YOUNG_NS) {
		parent = task_tgid(rcu_dereference(task->real_parent));
		lender = find_followed(parent);
	}
	lender = lender ?: record;
	refcount_inc(&lender->refs);
	raw_spin_unlock(&followed_lock);
	rcu_read_unlock();
	return lender;
}

static unsigned long reserve_size(const struct brkwatch_record *record)
{
	lockdep_assert_held(&followed_lock);
	return record->reserve ? record->reserve->size : brkwatch_history_events;
}

/*
 * See to it that a followed record, whose last reserve was lent, or which never had
 * one, has one. Where there is no memory it has none, or a short one until somebody
 * else has more; and a while after it has lent one it has none. Context: process.
 */
void brkwatch_follow_reserve(struct brkwatch_record *record)
{
	struct brkwatch_record *lender = get_lender(record);
	struct brkwatch_long_ring *ring = NULL;
	bool may_lend = time_before_eq(READ_ONCE(lender->lent_up_to),
				       jiffies + (LEND_BURST - 1) * LEND_TIME);
	unsigned long size;

	raw_spin_lock(&followed_lock);
	size = reserve_size(lender);
	raw_spin_unlock(&followed_lock);
	if (may_lend)
		ring = ring_new(size);

	raw_spin_lock(&followed_lock);
	WRITE_ONCE(record->wants_reserve, !may_lend || lender != record);
	/* Nobody looks for one that is not listed. */
	if (ring && ring->size > reserve_size(lender) &&
	    !hlist_unhashed(&lender->followed))
		swap(lender->reserve, ring);
	raw_spin_unlock(&followed_lock);
	if (ring)
		ring_free(ring);
	brkwatch_record_put(lender);
}

/* ---- followers ---- */

/* Wake all: each descriptor may have an exclusive waiter. */
static void wake_timer_fn(struct timer_list *timer)
{
	struct brkwatch_record *record = container_of(timer, struct brkwatch_record,
						      wake_timer);

	wake_up_interruptible_all(&record->wait);
}

/*
 * List the newest followed record of its process, and no other: somebody who keeps
 * the files of the others open over many execs must not make everybody's search
 * long, even if their address spaces live on because children share them.
 */
static void list_followed(struct brkwatch_record *record)
{
	struct brkwatch_record *other = find_followed(record->tgid);

	if (other && other->space > record->space)
		return;
	if (other) {
		hash_del(&other->followed);
		swap(record->reserve, other->reserve);
	}
	hash_add(followed, &record->followed, (unsigned long)record->tgid);
}

/*
 * Somebody waits for the events of a record. It gets a long history, charged to
 * current. If memory is scarce, the history is shorter than asked for, or stays as
 * it is. Context: process.
 */
void brkwatch_follow_add(struct brkwatch_record *record)
{
	struct brkwatch_long_ring *ring;
	unsigned long size;

	raw_spin_lock(&followed_lock);
	if (!record->followers)
		list_followed(record);
	WRITE_ONCE(record->followers, record->followers + 1);
	raw_spin_unlock(&followed_lock);
	/* Another thread may have polled meanwhile and found no events yet. */
	wake_up_interruptible_all(&record->wait);

	raw_spin_lock(&record->lock);
	size = brkwatch_history_size(&record->history);
	raw_spin_unlock(&record->lock);
	ring = ring_new(size);
	if (ring)
		ring_replace(record, ring);
	brkwatch_follow_reserve(record);
}

/* Undo brkwatch_follow_add(). Context: process. */
void brkwatch_follow_remove(struct brkwatch_record *record)
{
	struct brkwatch_long_ring *reserve = NULL;

	raw_spin_lock(&followed_lock);
	WRITE_ONCE(record->followers, record->followers - 1);
	if (!record->followers) {
		hash_del(&record->followed);
		swap(record->reserve, reserve);
	}
	raw_spin_unlock(&followed_lock);
	if (reserve)
		ring_free(reserve);
	ring_replace(record, NULL);
}

/* Set up what a new record has for followers. */
void brkwatch_follow_setup(struct brkwatch_record *record)
{
	timer_setup(&record->wake_timer, wake_timer_fn, 0);
	init_waitqueue_head(&record->wait);
	record->lent_up_to = jiffies;
}

int brkwatch_follow_init(void)
{
	int err = brkwatch_check_parameter("follow_history", follow_events, 2,
					   1 << 20);

	if (err)
		return err;
	follow_events = roundup_pow_of_two(follow_events);
	return 0;
}

/* Nobody follows any more, and no record is made. */
void brkwatch_follow_exit(void)
{
	take_back(true);
	cancel_delayed_work_sync(&tidy_work);
	empty_cache();
}
