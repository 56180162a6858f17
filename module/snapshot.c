// SPDX-License-Identifier: GPL-2.0
/* What one reading of /proc/brkwatch/<pid> shows, taken at one moment. */
#include "brkwatch.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "call.h"
#include "proc.h"
#include "record.h"

/* Events copied at a time, under a lock that a brk call may be waiting for. */
#define CHUNK	128

/* The address space, if it still has users. */
static struct mm_struct *get_mm(struct brkwatch_record *record)
{
	struct mm_struct *mm;

	raw_spin_lock(&record->lock);
	mm = record->mm;
	if (record->ended || !mmget_not_zero(mm))
		mm = NULL;
	raw_spin_unlock(&record->lock);
	return mm;
}

/* What maps would say, and at the same moment. */
static void take_live(struct brkwatch_snapshot *snap, struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);
	snap->start_brk = READ_ONCE(mm->start_brk);
	snap->brk = READ_ONCE(mm->brk);
	vma = find_vma(mm, PAGE_ALIGN(snap->brk));
	snap->next_mapping = vma ? vma->vm_start : 0;
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
	snap->start_before = record->start_brk;
	snap->peak = max(record->peak, brkwatch_heap(snap->start_brk, snap->brk));
	memcpy(snap->counts, record->counts, sizeof(snap->counts));
	snap->grown = record->grown;
	snap->shrunk = record->shrunk;
	snap->external = record->external;
	snap->resyncs = record->resyncs;
	snap->external_up = record->external_up;
	snap->external_down = record->external_down;
	snap->lost = record->lost;
	snap->inflight = record->inflight;
	snap->history = brkwatch_history_size(&record->history);
	snap->newest = record->history.last;
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

static int make_room(struct brkwatch_snapshot *snap, unsigned long n)
{
	n = roundup_pow_of_two(n);
	kvfree(snap->events);
	snap->room = 0;
	snap->events = kvmalloc_array(n, sizeof(*snap->events),
				      GFP_KERNEL_ACCOUNT);
	if (!snap->events)
		return -ENOMEM;
	snap->room = n;
	return 0;
}

/*
 * Copy the events up to the newest of the header, oldest first. What is
 * overwritten before its turn comes is dropped, and with it what was copied of
 * those before: there are no gaps.
 */
static void take_events(struct brkwatch_reader *reader)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	struct brkwatch_record *record = reader->record;
	const struct brkwatch_history *history = &record->history;
	unsigned long before;
	u64 next;

	snap->n = 0;
	do {
		u64 first;

		raw_spin_lock(&record->lock);
		first = min(history->first, snap->newest + 1);
		next = reader->shown + 1;
		if (next < first) {
			snap->dropped += first - next + snap->n;
			next = first;
			snap->n = 0;
		}
		if (!snap->n)
			snap->seq = next;
		if (next <= snap->newest) {
			unsigned long n = min_t(u64, CHUNK,
						snap->newest + 1 - next);

			n = brkwatch_history_copy(history, next,
						  snap->events + snap->n, n,
						  &before);
			if (!snap->n)
				snap->before = before;
			snap->n += n;
			next += n;
		}
		reader->shown = next - 1;
		raw_spin_unlock(&record->lock);
	} while (next <= snap->newest);
}

/* Where the heap started before the first event: as after the last, if none moved it. */
static void find_start_before(struct brkwatch_snapshot *snap)
{
	unsigned long i;

	for (i = 0; i < snap->n; i++) {
		if (brkwatch_event_is_external(&snap->events[i])) {
			snap->start_before = snap->events[i].old_start;
			return;
		}
	}
}

/*
 * Live values and header, read at one moment. -EAGAIN: there is no room for
 * the @need events that go with them.
 */
static int take_moment(struct brkwatch_reader *reader, struct mm_struct *mm,
		       unsigned long *need)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	struct brkwatch_record *record = reader->record;
	bool room;

	if (mm && mmap_read_lock_killable(mm))
		return -EINTR;
	if (mm)
		take_live(snap, mm);

	raw_spin_lock(&record->lock);
	if (mm && !record->detached)
		brkwatch_call_settle(record, mm);
	*need = record->history.last + 1 -
		max(reader->shown + 1, record->history.first);
	room = *need <= snap->room;
	if (room)
		take_head(snap, record);
	raw_spin_unlock(&record->lock);

	if (mm)
		mmap_read_unlock(mm);
	return room ? 0 : -EAGAIN;
}

/**
 * brkwatch_snapshot_take() - look again
 * @reader: the descriptor, locked; events that it was not shown are taken
 *
 * The live values are read under mmap_lock, so that a shrink that is rolled
 * back is never shown; the counters before it is released, so that a call is
 * in both, in neither, or in InFlight.
 *
 * Context: process.
 * Return: 0, -ENOMEM, or -EINTR if current was killed.
 */
int brkwatch_snapshot_take(struct brkwatch_reader *reader)
{
	struct brkwatch_snapshot *snap = &reader->snapshot;
	struct mm_struct *mm = get_mm(reader->record);
	unsigned long need;
	int err;

	snap->running = mm;
	take_process(reader, mm);
	while ((err = take_moment(reader, mm, &need)) == -EAGAIN) {
		err = make_room(snap, need);
		if (err)
			break;
	}
	if (!err) {
		take_events(reader);
		find_start_before(snap);
	}
	if (mm)
		mmput(mm);
	return err;
}
