// SPDX-License-Identifier: GPL-2.0
/* The newest events of one address space. */
#include <linux/minmax.h>

#include "history.h"

/**
 * brkwatch_history_init() - an empty history
 * @history: what to set up
 * @ring: room for @size events
 * @size: a power of two
 */
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

/**
 * brkwatch_history_move() - go on in another ring
 * @history: the history; its old ring is the caller's to free
 * @ring: room for @size events, none of them that of the old ring
 * @size: a power of two; the oldest events are dropped where they do not fit
 */
void brkwatch_history_move(struct brkwatch_history *history,
			   struct brkwatch_event *ring, unsigned long size)
{
	u64 seq = history->first;

	if (history->last - seq + 1 > size)
		seq = history->last - size + 1;
	history->before = break_before(history, seq);
	history->first = seq;
	for (; seq <= history->last; seq++)
		ring[seq & (size - 1)] = history->ring[seq & history->mask];
	history->ring = ring;
	history->mask = size - 1;
}

/**
 * brkwatch_history_copy() - copy events out
 * @history: the history
 * @seq: the first event wanted; must be between first and last + 1
 * @to: where to
 * @max: how many events fit there
 * @before: where to put the break before event @seq
 *
 * Return: how many events were copied.
 */
unsigned long brkwatch_history_copy(const struct brkwatch_history *history,
				    u64 seq, struct brkwatch_event *to,
				    unsigned long max, unsigned long *before)
{
	unsigned long n = min_t(u64, max, history->last + 1 - seq);
	unsigned long i;

	*before = break_before(history, seq);
	for (i = 0; i < n; i++)
		to[i] = history->ring[(seq + i) & history->mask];
	return n;
}
