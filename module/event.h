/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Adding an event to a record, whose lock is held. Inline, because this is
 * most of what a brk call pays for being recorded: the event is made in its
 * place in the history.
 */
#ifndef BRKWATCH_EVENT_H
#define BRKWATCH_EVENT_H

#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "follow.h"
#include "record.h"
#include "trace.h"

/* The number of a task in the pid namespace of the record's process. */
static inline pid_t own_number(const struct brkwatch_record *record,
			       const struct pid *pid)
{
	return likely(record->level <= pid->level) ?
	       pid->numbers[record->level].nr : 0;
}

/*
 * A call moves the break to @brk. The heap that it finds may be the largest,
 * too: what prctl() has made of the heap counts only then, because it may take
 * several steps, and between them the size is nonsense.
 */
static __always_inline void account_call(struct brkwatch_record *record,
					 unsigned long brk)
{
	s64 pages = brkwatch_pages(record->brk, brk);
	unsigned long heap = brkwatch_heap(record->start_brk,
					   max(record->brk, brk));

	if (pages > 0) {
		record->grown += (u64)pages << PAGE_SHIFT;
		__this_cpu_add(brkwatch_totals.grown, pages);
	} else {
		record->shrunk += (u64)-pages << PAGE_SHIFT;
		__this_cpu_add(brkwatch_totals.shrunk, -pages);
	}
	if (heap > record->peak)
		record->peak = heap;
}

/*
 * Begin an event; the caller fills in what else it has, and then add_event()s
 * the break that it leaves.
 */
static __always_inline struct brkwatch_event *
new_event(struct brkwatch_record *record, enum brkwatch_kind kind, u64 now)
{
	struct brkwatch_event *event = brkwatch_history_next(&record->history);

	/* The fast clock may step back a little; time in a record never does. */
	if (likely(now > record->last_time))
		record->last_time = now;
	event->time = record->last_time;
	event->kind = kind;
	return event;
}

static __always_inline void add_event(struct brkwatch_record *record,
				      struct brkwatch_event *event,
				      unsigned long brk)
{
	unsigned long old = record->brk;

	event->brk = brk;
	record->brk = brk;
	if (static_branch_unlikely(&brkwatch_traced))
		brkwatch_trace_event(record, event, old);
	if (READ_ONCE(record->followers))
		brkwatch_follow_news(record);
}

static __always_inline void by_current(const struct brkwatch_record *record,
				       struct brkwatch_event *event)
{
	event->tid = current->pid;
	event->own_tid = own_number(record, task_pid(current));
	event->flags = task_tgid(current) != record->tgid ? BRKWATCH_SHARED : 0;
}

/* An event that is nobody's call. */
static inline struct brkwatch_event *
new_other(struct brkwatch_record *record, enum brkwatch_kind kind, u64 now)
{
	struct brkwatch_event *event = new_event(record, kind, now);

	event->took = 0;
	event->request = 0;
	event->tid = 0;
	event->own_tid = 0;
	event->reason = BRKWATCH_NO_REASON;
	event->flags = 0;
	return event;
}

#endif
