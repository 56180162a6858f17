/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of a record, whose lock is held: the chain of its breaks. The functions
 * that run for every call are inline, and events are made in place in the history.
 */
#ifndef BRKWATCH_EVENT_H
#define BRKWATCH_EVENT_H

#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "record.h"

void brkwatch_event_external(struct brkwatch_record *record, u64 now,
			     unsigned long start, unsigned long brk);
void brkwatch_event_fork(struct task_struct *child);
void brkwatch_event_end(struct brkwatch_record *record);

/* The number of a task in the pid namespace of the record's process. */
static inline pid_t brkwatch_event_number(const struct brkwatch_record *record,
					  const struct pid *pid)
{
	return likely(record->level <= pid->level) ?
	       pid->numbers[record->level].nr : 0;
}

/* Begin an event of @record, which is locked, to be filled and brkwatch_event_add()ed. */
static __always_inline struct brkwatch_event *
brkwatch_event_new(struct brkwatch_record *record, enum brkwatch_kind kind,
		   u64 now)
{
	struct brkwatch_event *event = brkwatch_history_next(&record->history);

	/* The fast clock may step back a little; time in a record never does. */
	if (likely(now > record->last_time))
		record->last_time = now;
	event->time = record->last_time;
	event->kind = kind;
	return event;
}

static __always_inline void
brkwatch_event_by_current(const struct brkwatch_record *record,
			  struct brkwatch_event *event)
{
	event->tid = current->pid;
	event->own_tid = brkwatch_event_number(record, task_pid(current));
	event->flags = task_tgid(current) != record->tgid ? BRKWATCH_SHARED : 0;
}

/* @event is complete, and leaves the break at @brk. */
static __always_inline void brkwatch_event_add(struct brkwatch_record *record,
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

/* A call has found the break at @brk; if the chain does not say so, mend it. */
static inline void brkwatch_event_settle_at(struct brkwatch_record *record,
					    u64 now, unsigned long brk)
{
	if (unlikely(brk != record->brk))
		brkwatch_event_external(record, now,
					READ_ONCE(record->mm->start_brk), brk);
}

/* No call is inside: heap and chain end in the same place, or it is mended. */
static inline void brkwatch_event_settle(struct brkwatch_record *record,
					 struct mm_struct *mm, u64 now)
{
	unsigned long start, brk;

	if (unlikely(record->loading))
		brkwatch_record_adopt(record, mm);
	start = READ_ONCE(mm->start_brk);
	brk = READ_ONCE(mm->brk);
	if (unlikely(brk != record->brk || start != record->start_brk))
		brkwatch_event_external(record, now, start, brk);
	record->unsettled = false;
}

#endif
