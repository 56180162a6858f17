// SPDX-License-Identifier: GPL-2.0
/*
 * Events that are not calls: forks, the end, and moves by other means.
 *
 * The events of a record form a chain: each one's old break is the new break of
 * the one before. With one call inside at a time, the chain is what happened.
 * The break is committed under mmap_lock but both ends of sys_brk are seen
 * outside of it, so calls that overlap may be recorded in another order than
 * they were served; they carry the flag that says so. When the last of them has
 * returned nobody moves the break, mm->brk is the truth, and where the chain
 * differs from it a resync event mends it.
 */
#include "brkwatch.h"

#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "call.h"
#include "event.h"
#include "record.h"

/* Begin an event that is not a call. */
static struct brkwatch_event *new_other(struct brkwatch_record *record,
					enum brkwatch_kind kind, u64 now)
{
	struct brkwatch_event *event = brkwatch_event_new(record, kind, now);

	event->took = 0;
	event->request = 0;
	event->tid = 0;
	event->own_tid = 0;
	event->reason = BRKWATCH_NO_REASON;
	event->flags = 0;
	return event;
}

/*
 * Something other than calls has moved the heap of @record, which is locked. That
 * is no growth, and no peak. If calls that were not seen, or seen in another order,
 * may have moved it, it is a resync.
 */
void brkwatch_event_external(struct brkwatch_record *record, u64 now,
			     unsigned long start, unsigned long brk)
{
	s64 bytes = brkwatch_pages(record->brk, brk) << PAGE_SHIFT;
	bool resync = record->unsettled || now < record->doubtful_until;
	struct brkwatch_event *event;

	if (resync)
		record->sums.resyncs++;
	else
		record->sums.external++;
	if (bytes > 0)
		record->sums.external_up += bytes;
	else
		record->sums.external_down -= bytes;

	event = new_other(record, resync ? BRKWATCH_RESYNC : BRKWATCH_EXTERNAL, now);
	event->old_start = record->start_brk;
	event->request = start;
	record->start_brk = start;
	brkwatch_event_add(record, event, brk);
}

/* Tracepoint handler: current has made a process, which does not run yet. */
void brkwatch_event_fork(struct task_struct *child)
{
	struct mm_struct *mm = current->mm;
	struct brkwatch_record *record = mm ? brkwatch_record_make(mm) : NULL;
	u64 now = ktime_get_mono_fast_ns();
	struct brkwatch_event *event;

	if (!record)
		return;
	raw_spin_lock(&record->lock);
	if (!record->inflight)
		brkwatch_event_settle(record, mm, now);
	event = new_other(record, BRKWATCH_FORK, now);
	brkwatch_event_by_current(record, event);
	event->own_child = brkwatch_event_number(record, task_pid(child));
	event->request = child->pid;
	brkwatch_event_add(record, event, record->brk);
	raw_spin_unlock(&record->lock);
}

/* Saves the last values; the record is locked. */
static void add_end(struct brkwatch_record *record)
{
	bool own = task_tgid(current) == record->tgid;
	struct task_struct *task = own ? current :
				   pid_task(record->tgid, PIDTYPE_TGID);
	u64 now = ktime_get_mono_fast_ns();
	struct brkwatch_event *event;

	brkwatch_call_forget_all(record);
	brkwatch_event_settle(record, record->mm, now);
	event = new_other(record, BRKWATCH_END, now);
	if (task)
		record->uid = task_uid(task);
	if (own) {
		brkwatch_event_by_current(record, event);
		record->data_limit = brkwatch_rlimit(current, RLIMIT_DATA);
		brkwatch_comm_copy(record->comm, current->group_leader);
	}
	brkwatch_event_add(record, event, record->brk);
	WRITE_ONCE(record->ended, true);
	record->execed = task && !(READ_ONCE(task->flags) & PF_EXITING);
	brkwatch_follow_pass_on(record, task);
	/* No events follow: wake readers at once. */
	if (record->followers)
		mod_timer(&record->wake_timer, jiffies);
}

/*
 * After an exec, the new record remembers this one. Otherwise a follower that had
 * no file of the process open would not know that it missed an address space.
 */
static void count_before(const struct brkwatch_record *record, u64 spaces)
{
	struct task_struct *task = pid_task(record->tgid, PIDTYPE_TGID);
	/* If the task is another one, its mm is only compared, not used. */
	struct mm_struct *mm = task ? READ_ONCE(task->mm) : NULL;
	struct brkwatch_record *next = NULL;

	if (mm)
		next = mm == current->mm ? brkwatch_record_make(mm) :
					   brkwatch_record_find(mm);
	/* By now the mm may belong to another task. */
	if (!next || next->tgid != record->tgid)
		return;
	raw_spin_lock(&next->lock);
	next->spaces_before += spaces;
	raw_spin_unlock(&next->lock);
}

/* An address space is going away. Context: any, current may be any task; RCU reader. */
void brkwatch_event_end(struct brkwatch_record *record)
{
	bool was_ended;
	u64 spaces;

	raw_spin_lock(&record->lock);
	was_ended = record->ended;
	if (!was_ended)
		add_end(record);
	spaces = record->spaces_before + 1;
	raw_spin_unlock(&record->lock);
	if (was_ended)
		return;
	if (record->execed)
		count_before(record, spaces);
	brkwatch_record_retire(record);
}
