// SPDX-License-Identifier: GPL-2.0
/* What one reading of /proc/brkwatch/<pid> shows, taken at one moment. */
#include "brkwatch.h"

#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "call.h"
#include "event.h"
#include "proc.h"
#include "record.h"

/*
 * The address space, if it still has users. If it has none and exit_mmap() has not
 * run yet, end the record here: a reader that sees the exit also sees the end.
 */
static struct mm_struct *get_mm(struct brkwatch_record *record)
{
	struct mm_struct *mm = NULL;
	bool gone = false;

	raw_spin_lock(&record->lock);
	if (!record->ended) {
		gone = !mmget_not_zero(record->mm);
		mm = gone ? NULL : record->mm;
	}
	raw_spin_unlock(&record->lock);
	if (gone) {
		rcu_read_lock();
		brkwatch_event_end(record);
		rcu_read_unlock();
	}
	return mm;
}

/* What maps would show, at the same moment. */
static void take_live(struct brkwatch_snapshot *snap, struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	snap->start_brk = READ_ONCE(mm->start_brk);
	snap->brk = READ_ONCE(mm->brk);
	/* A mapping that has merged with the heap's begins below its end. */
	vma = find_vma(mm, PAGE_ALIGN(snap->brk));
	snap->next_mapping = vma ? max(vma->vm_start, PAGE_ALIGN(snap->brk)) : 0;
}

/* The record's part of the header. */
static void take_head(struct brkwatch_snapshot *snap,
		      const struct brkwatch_record *record)
{
	lockdep_assert_held(&record->lock);
	if (!snap->running) {
		snap->start_brk = record->start_brk;
		snap->brk = record->brk;
		snap->next_mapping = 0;
	}
	snap->peak = max(record->peak, brkwatch_heap(snap->start_brk, snap->brk));
	snap->sums = record->sums;
	snap->inflight = record->inflight;
	snap->history = brkwatch_history_size(&record->history);
	snap->spaces_before = record->spaces_before;
}

/* Name and limit are the process's, as long as it has this address space. */
static void take_process(struct brkwatch_reader *reader,
			 const struct mm_struct *mm)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	struct brkwatch_record *record = reader->record;
	struct task_struct *task = get_pid_task(reader->pid, PIDTYPE_TGID);
	bool known = false;

	if (task && mm) {
		task_lock(task);
		known = task->mm == mm;
		if (known)
			brkwatch_comm_copy(snap->comm, task);
		task_unlock(task);
		snap->data_limit = brkwatch_rlimit(task, RLIMIT_DATA);
	}

	raw_spin_lock(&record->lock);
	if (!known) {
		memcpy(snap->comm, record->comm, sizeof(snap->comm));
		snap->data_limit = record->data_limit;
	} else if (reader->pid == record->tgid) {
		memcpy(record->comm, snap->comm, sizeof(snap->comm));
		record->data_limit = snap->data_limit;
	}
	raw_spin_unlock(&record->lock);

	if (task)
		put_task_struct(task);
}

/* The events of a snapshot: those that the descriptor was not shown yet. */
static void take_range(struct brkwatch_reader *reader)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	const struct brkwatch_history *history = &reader->record->history;

	lockdep_assert_held(&reader->record->lock);
	snap->first = max(reader->shown + 1, history->first);
	snap->dropped += snap->first - 1 - reader->shown;
	snap->newest = history->last;
	snap->last = history->last;
	snap->start_before = snap->first == history->first ?
			     history->start_before : reader->shown_start;
	reader->shown = history->last;
	reader->shown_start = reader->record->start_brk;
	reader->printed = snap->first - 1;
	reader->printed_start = snap->start_before;
	reader->n = 0;
}

/*
 * Take a new snapshot; @reader is locked. The live values are read under mmap_lock, so
 * a shrink that is rolled back is never shown. The counters are read before it is
 * released, so a call is in both, in neither, or in InFlight. -EINTR: current was killed.
 */
int brkwatch_snapshot_take(struct brkwatch_reader *reader)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	struct brkwatch_record *record = reader->record;
	struct mm_struct *mm = get_mm(record);
	int err = 0;

	if (mm && mmap_read_lock_killable(mm)) {
		err = -EINTR;
		goto out;
	}
	snap->running = mm;
	if (mm)
		take_live(snap, mm);
	raw_spin_lock(&record->lock);
	/* With calls inside, one may have moved the break and not be recorded yet. */
	if (mm && !record->inflight)
		brkwatch_event_settle(record, mm, ktime_get_mono_fast_ns());
	take_head(snap, record);
	take_range(reader);
	raw_spin_unlock(&record->lock);
	if (mm)
		mmap_read_unlock(mm);
	take_process(reader, mm);
out:
	if (mm)
		mmput(mm);
	return err;
}

/*
 * Event @seq of the snapshot, after one that has the break before it; NULL if the
 * snapshot has no such event. @reader is locked. Events stay in the record's history,
 * and newer ones may overwrite them before they are read. There the snapshot ends; the
 * next one continues with what is left, and counts the rest as dropped.
 */
struct brkwatch_event *brkwatch_snapshot_event(struct brkwatch_reader *reader,
					       u64 seq)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	struct brkwatch_record *record = reader->record;

	if (seq > snap->last)
		return NULL;
	if (seq < reader->seq || seq >= reader->seq + reader->n) {
		raw_spin_lock(&record->lock);
		reader->seq = seq;
		reader->n = brkwatch_history_copy(&record->history, seq,
						  reader->events,
						  ARRAY_SIZE(reader->events));
		if (!reader->n) {
			snap->last = seq - 1;
			reader->shown = reader->printed;
			reader->shown_start = reader->printed_start;
		}
		raw_spin_unlock(&record->lock);
		if (!reader->n)
			return NULL;
	}
	return &reader->events[1 + seq - reader->seq];
}
