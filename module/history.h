/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The newest events of one address space, in a ring whose size is a power of
 * two. Who owns the ring and under which lock it is used is the caller's
 * affair; nothing here sleeps or allocates.
 */
#ifndef BRKWATCH_HISTORY_H
#define BRKWATCH_HISTORY_H

#include "brkwatch.h"

struct brkwatch_history {
	struct brkwatch_event *ring;	/* event n is at n & @mask */
	unsigned long mask;
	u64 first;			/* oldest event kept; @last + 1: none */
	u64 last;			/* newest event; 0: none yet */
	unsigned long before;		/* the break before event @first */
	unsigned long start_before;	/* where the heap started before that */
};

static inline unsigned long
brkwatch_history_size(const struct brkwatch_history *history)
{
	return history->mask + 1;
}

/* Room for the next event, which the caller fills. In a full ring the oldest one goes. */
static inline struct brkwatch_event *
brkwatch_history_next(struct brkwatch_history *history)
{
	u64 seq = ++history->last;
	struct brkwatch_event *event = &history->ring[seq & history->mask];

	if (seq - history->first > history->mask) {
		history->before = event->brk;
		if (unlikely(brkwatch_event_is_external(event)))
			history->start_before = event->request;
		history->first++;
	}
	return event;
}

void brkwatch_history_init(struct brkwatch_history *history,
			   struct brkwatch_event *ring, unsigned long size);
struct brkwatch_event *
brkwatch_history_move(struct brkwatch_history *history,
		      struct brkwatch_event *ring, unsigned long size,
		      unsigned long start, u64 *next, unsigned int max);
unsigned int brkwatch_history_copy(const struct brkwatch_history *history,
				   u64 seq, struct brkwatch_event *to,
				   unsigned int size);

#endif
