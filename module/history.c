// SPDX-License-Identifier: GPL-2.0
/* The newest events of one address space. */
#include <linux/minmax.h>

#include "history.h"

/* An empty history in @ring, which has room for @size events, a power of two. */
void brkwatch_history_init(struct brkwatch_history *history,
			   struct brkwatch_event *ring, unsigned long size)
{
	history->ring = ring;
	history->mask = size - 1;
	history->first = 1;
	history->last = 0;
}

static unsigned long break_before(const struct brkwatch_history *history,
				  u64 seq)
{
	if (seq == history->first)
		return history->before;
	return history->ring[(seq - 1) & history->mask].brk;
}

/*
 * Move to another ring, at most @max events at a time, from event @next, 0 at first;
 * the oldest ones are dropped where they do not fit. @start is where the heap starts
 * after the newest. Return: the old ring when all have moved, NULL if there are more.
 */
struct brkwatch_event *
brkwatch_history_move(struct brkwatch_history *history,
		      struct brkwatch_event *ring, unsigned long size,
		      unsigned long start, u64 *next, unsigned int max)
{
	struct brkwatch_event *old = history->ring;
	u64 first = history->first, seq;

	if (history->last + 1 - first > size)
		first = history->last + 1 - size;
	for (seq = max(*next, first); max && seq <= history->last; seq++, max--)
		ring[seq & (size - 1)] = old[seq & history->mask];
	*next = seq;
	if (seq <= history->last)
		return NULL;

	if (first > history->first) {
		history->before = break_before(history, first);
		/* As after the newest event, unless one of them moved it. */
		for (seq = history->last; seq >= first; seq--) {
			if (brkwatch_event_is_external(&ring[seq & (size - 1)]))
				start = ring[seq & (size - 1)].old_start;
		}
		history->start_before = start;
		history->first = first;
	}
	history->ring = ring;
	history->mask = size - 1;
	return old;
}

/*
 * Copy events out, from @seq, which is no newer than the newest. The first of the
 * @size that fit in @to only gets the break before. Return: how many events were
 * copied; 0 if event @seq is no longer there.
 */
unsigned int brkwatch_history_copy(const struct brkwatch_history *history,
				   u64 seq, struct brkwatch_event *to,
				   unsigned int size)
{
	unsigned int i, n = min_t(u64, size - 1, history->last + 1 - seq);

	if (seq < history->first)
		return 0;
	to->brk = break_before(history, seq);
	for (i = 0; i < n; i++)
		*++to = history->ring[(seq + i) & history->mask];
	return n;
}
