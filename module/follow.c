// SPDX-License-Identifier: GPL-2.0
/* Whoever waits for the events of a record: his long history, and his waking. */
#include "brkwatch.h"

#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/poll.h>
#include <linux/vmalloc.h>

#include "follow.h"
#include "pool.h"
#include "record.h"

/* Events moved at a time, under a lock that a brk call may be waiting for. */
#define CHUNK	32

/*
 * At the follower's expense, and never at the cost of somebody's life. Page by
 * page: to have many in one piece, the kernel would move everybody's around.
 */
#define RING_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static unsigned int follow_events = 65536;
module_param_named(follow_history, follow_events, uint, 0444);
MODULE_PARM_DESC(follow_history, "events kept for a process that is being followed, 2 to 1048576, rounded up to a power of two (default 65536)");

/* A long history. @user has it in his share of brkwatch_histories. */
struct long_ring {
	brkwatch_user_t user;
	unsigned long pages;
	struct brkwatch_event events[];
};

static void wake(struct brkwatch_record *record)
{
	/* All: of each descriptor there may be one that waits exclusively. */
	wake_up_interruptible_all(&record->wait);
}

static void wake_timer_fn(struct timer_list *timer)
{
	wake(container_of(timer, struct brkwatch_record, wake_timer));
}

static struct brkwatch_event *ring_new(brkwatch_user_t user, unsigned long n)
{
	struct long_ring *ring;
	size_t size = struct_size(ring, events, n);
	unsigned long pages = DIV_ROUND_UP(size, PAGE_SIZE);

	if (!brkwatch_share_take(&brkwatch_histories, user, pages))
		return NULL;
	ring = __vmalloc(size, RING_GFP);
	if (!ring) {
		brkwatch_share_give(&brkwatch_histories, user, pages);
		return NULL;
	}
	ring->user = user;
	ring->pages = pages;
	return ring->events;
}

static void ring_free(struct brkwatch_event *events)
{
	struct long_ring *ring = container_of(events, struct long_ring,
					      events[0]);

	brkwatch_share_give(&brkwatch_histories, ring->user, ring->pages);
	vfree(ring);
}

/*
 * Put another ring in the place of the one that a record has: a longer one, or
 * its own if nobody follows it any more. The lock is not held for all of it,
 * and others may do the same meanwhile; but events do not change, so what is
 * copied stays right. Somebody else may have done better: then it fails.
 */
static void ring_replace(struct brkwatch_record *record,
			 struct brkwatch_event *ring, unsigned long size)
{
	struct brkwatch_history *history = &record->history;
	struct brkwatch_event *old = NULL;
	bool wanted;
	u64 next = 0;

	do {
		raw_spin_lock(&record->lock);
		if (ring == record->ring)
			wanted = !record->followers && history->ring != ring;
		else
			wanted = size > brkwatch_history_size(history);
		if (wanted)
			old = brkwatch_history_move(history, ring, size,
						    record->start_brk, &next,
						    CHUNK);
		raw_spin_unlock(&record->lock);
	} while (wanted && !old);

	if (!wanted)
		old = ring;
	if (old != record->ring)
		ring_free(old);
}

/**
 * brkwatch_follow_add() - somebody waits for the events of a record
 * @record: the record, of which the caller has a reference
 *
 * Gives it a long history, at the expense of current: a shorter one than asked
 * for if memory is scarce, and if there is none at all the short one stays.
 *
 * Context: process. Undone by brkwatch_follow_remove().
 */
void brkwatch_follow_add(struct brkwatch_record *record)
{
	brkwatch_user_t user = brkwatch_user_of(current_cred());
	unsigned long n, have;

	raw_spin_lock(&record->lock);
	record->followers++;
	have = brkwatch_history_size(&record->history);
	raw_spin_unlock(&record->lock);
	/* Another thread that polls may have found us at it, and nothing yet. */
	wake(record);

	for (n = follow_events; n > have; n /= 4) {
		struct brkwatch_event *ring = ring_new(user, n);

		if (ring) {
			ring_replace(record, ring, n);
			break;
		}
	}
}

/**
 * brkwatch_follow_remove() - undo brkwatch_follow_add()
 * @record: the record
 *
 * Context: process.
 */
void brkwatch_follow_remove(struct brkwatch_record *record)
{
	raw_spin_lock(&record->lock);
	record->followers--;
	raw_spin_unlock(&record->lock);
	ring_replace(record, record->ring, brkwatch_history_events);
}

/* Set up what a new record has for followers. */
void brkwatch_follow_setup(struct brkwatch_record *record)
{
	timer_setup(&record->wake_timer, wake_timer_fn, 0);
	init_waitqueue_head(&record->wait);
}

int brkwatch_follow_init(void)
{
	int err = brkwatch_check_parameter("follow_history", follow_events, 2,
					   1 << 20);

	follow_events = roundup_pow_of_two(follow_events);
	return err;
}
