// SPDX-License-Identifier: GPL-2.0
/*
 * How calls, forks and ends become events of a record.
 *
 * The events of a record form a chain: each one's old break is the new break
 * of the one before. With one call inside at a time, the chain is what
 * happened. The break is committed under mmap_lock but both ends of sys_brk
 * are seen outside of it, so calls that overlap may be recorded in another
 * order than they were served; they carry the flag that says so. When the last
 * of them has returned nobody moves the break, mm->brk is the truth, and where
 * the chain differs from it a resync event mends it.
 */
#include "brkwatch.h"

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "call.h"
#include "event.h"
#include "record.h"

bool brkwatch_grow_watched;
u64 brkwatch_calls_since;

/* See brkwatch_call_stop(). */
static bool stopped;

static __always_inline void add_call(struct brkwatch_record *record,
				     enum brkwatch_kind kind, u64 now, u64 took,
				     unsigned long request, unsigned long brk,
				     enum brkwatch_reason reason,
				     bool overlapped)
{
	struct brkwatch_event *event = new_event(record, kind, now);

	by_current(record, event);
	event->took = took;
	event->request = request;
	event->reason = reason;
	if (overlapped)
		event->flags |= BRKWATCH_OVERLAPPED;
	if (brk != record->brk)
		account_call(record, brk);
	add_event(record, event, brk);
	record->counts[kind]++;
	__this_cpu_inc(brkwatch_totals.counts[kind]);
	if (kind == BRKWATCH_REFUSED)
		__this_cpu_inc(brkwatch_totals.reasons[reason]);
}

/* What others than calls have moved: no growth, and no peak. */
static void add_external(struct brkwatch_record *record, u64 now,
			 unsigned long start, unsigned long brk)
{
	s64 bytes = brkwatch_pages(record->brk, brk) << PAGE_SHIFT;
	unsigned long missed = brkwatch_calls_missed();
	bool resync = record->unsettled || missed != record->missed ||
		      now < record->doubtful_until;
	struct brkwatch_event *event;

	record->missed = missed;
	if (resync)
		record->resyncs++;
	else
		record->external++;
	if (bytes > 0)
		record->external_up += bytes;
	else
		record->external_down -= bytes;

	event = new_other(record, resync ? BRKWATCH_RESYNC : BRKWATCH_EXTERNAL, now);
	event->old_start = record->start_brk;
	event->request = start;
	record->start_brk = start;
	add_event(record, event, brk);
}

/* The break is at @brk; if the chain does not say so, mend it. */
static void settle_at(struct brkwatch_record *record, u64 now,
		      unsigned long brk)
{
	unsigned long start = READ_ONCE(record->mm->start_brk);

	if (unlikely(brk != record->brk || start != record->start_brk))
		add_external(record, now, start, brk);
}

static void settle(struct brkwatch_record *record, struct mm_struct *mm,
		   u64 now)
{
	if (unlikely(record->loading))
		brkwatch_record_adopt(record, mm);
	settle_at(record, now, READ_ONCE(mm->brk));
	record->unsettled = false;
}

/**
 * brkwatch_call_settle() - bring the chain up to date
 * @record: the record of @mm, locked
 * @mm: its address space; the caller holds its mmap_lock for reading, so that
 *	no call can move the break
 *
 * With calls inside, one may have moved it and not be recorded yet.
 */
void brkwatch_call_settle(struct brkwatch_record *record, struct mm_struct *mm)
{
	lockdep_assert_held(&record->lock);
	if (!record->inflight)
		settle(record, mm, ktime_get_mono_fast_ns());
}

/**
 * brkwatch_call_query() - current enters sys_brk to ask where the break is
 *
 * The answer is known beforehand if nobody else can move the break meanwhile;
 * such a call is recorded here. So is, as overlapping, a query while others
 * are inside.
 *
 * Context: kprobe handler.
 * Return: whether the call is done with, else brkwatch_call_enter() has to
 * follow it.
 */
bool brkwatch_call_query(void)
{
	struct mm_struct *mm = current->mm;
	struct brkwatch_record *record = brkwatch_record_find(mm);
	bool known;
	u64 now;

	if (unlikely(!record))
		return false;
	now = ktime_get_mono_fast_ns();

	raw_spin_lock(&record->lock);
	known = record->inflight || atomic_read(&mm->mm_users) == 1;
	if (known) {
		record->entries++;
		if (!record->inflight)
			settle(record, mm, now);
		record->loading = false;
		add_call(record, BRKWATCH_QUERY, now, 0, 0, record->brk,
			 BRKWATCH_NO_REASON, record->inflight);
	}
	raw_spin_unlock(&record->lock);
	return known;
}

/**
 * brkwatch_call_enter() - current enters sys_brk
 * @call: where to keep what is known of the call until it returns
 * @request: the break that it asks for, 0 to ask where the break is
 *
 * Context: kprobe handler.
 * Return: whether brkwatch_call_leave() is to be called.
 */
bool brkwatch_call_enter(struct brkwatch_call *call, unsigned long request)
{
	struct mm_struct *mm = current->mm;
	struct brkwatch_record *record = brkwatch_record_make(mm);
	u64 now = ktime_get_mono_fast_ns();

	if (READ_ONCE(stopped))
		return false;
	if (unlikely(!record)) {
		brkwatch_record_unrecorded();
		return false;
	}
	call->record = record;
	WRITE_ONCE(call->task, current);
	call->request = request;
	call->entered = now;
	call->reached = false;

	raw_spin_lock(&record->lock);
	if (!record->inflight)
		settle(record, mm, now);
	record->loading = false;
	call->entries = ++record->entries;
	call->overlapped = record->inflight++ || now < record->doubtful_until;
	hlist_add_head_rcu(&call->node, &record->calls);
	raw_spin_unlock(&record->lock);
	return true;
}

/*
 * The call of current that is inside. Only current adds and removes its own,
 * so the newest of all, which it usually is, can be recognised without the
 * lock; the _rcu of the list's functions is for the order in which another's
 * is seen to become one.
 */
static struct brkwatch_call *own_call(struct brkwatch_record *record)
{
	struct hlist_node *first = rcu_dereference_raw(hlist_first_rcu(&record->calls));
	struct brkwatch_call *call = hlist_entry_safe(first, struct brkwatch_call, node);

	if (!call || likely(READ_ONCE(call->task) == current))
		return call;

	raw_spin_lock(&record->lock);
	hlist_for_each_entry(call, &record->calls, node) {
		if (call->task == current)
			break;
	}
	raw_spin_unlock(&record->lock);
	return call;
}

/**
 * brkwatch_call_grow() - current enters do_brk_flags
 *
 * Context: kprobe handler; the mmap_lock of current->mm is held for writing.
 * Return: false if no call of current is known to be inside sys_brk.
 */
bool brkwatch_call_grow(void)
{
	struct mm_struct *mm = current->mm;
	struct brkwatch_record *record = brkwatch_record_find(mm);
	struct brkwatch_call *call;

	if (!record || READ_ONCE(stopped))
		return false;
	call = own_call(record);
	if (!call)
		return false;
	call->reached = true;
	call->limits = (struct brkwatch_limits) {
		.brk = mm->brk,
		.total_vm = mm->total_vm,
		.data_vm = mm->data_vm,
		.as_limit = brkwatch_rlimit(current, RLIMIT_AS),
		.data_limit = brkwatch_rlimit(current, RLIMIT_DATA),
		.data_limit_max = brkwatch_rlimit_max(current, RLIMIT_DATA),
	};
	return true;
}

/* Nobody else was inside: what the call returns is what happened. */
static void add_exact(struct brkwatch_record *record, struct brkwatch_call *call,
		      u64 now, u64 took, unsigned long ret)
{
	enum brkwatch_reason reason = BRKWATCH_NO_REASON;
	unsigned long request = call->request;
	enum brkwatch_kind kind;

	/* A call that changes nothing returns the old break. */
	if (ret != request)
		settle_at(record, now, ret);
	else if (call->reached)
		settle_at(record, now, call->limits.brk);

	if (ret == request && call->reached)
		brkwatch_reason_learn(call);

	if (!request) {
		kind = BRKWATCH_QUERY;
	} else if (ret != request) {
		kind = BRKWATCH_REFUSED;
		reason = brkwatch_reason_find(call, ret, false);
	} else if (ret == record->brk) {
		kind = BRKWATCH_SAME;
	} else if (PAGE_ALIGN(ret) == PAGE_ALIGN(record->brk)) {
		kind = BRKWATCH_MOVE;
	} else {
		kind = ret > record->brk ? BRKWATCH_GROW : BRKWATCH_SHRINK;
	}
	add_call(record, kind, now, took, request, ret, reason, false);
}

/* Others were inside: order and kind are those of the chain. */
static void add_overlapped(struct brkwatch_record *record,
			   struct brkwatch_call *call, u64 now, u64 took,
			   unsigned long ret)
{
	unsigned long brk = record->brk, request = call->request;
	enum brkwatch_reason reason = BRKWATCH_NO_REASON;
	enum brkwatch_kind kind;

	if (!request) {
		kind = BRKWATCH_QUERY;
	} else if (ret != request) {
		kind = BRKWATCH_REFUSED;
		reason = brkwatch_reason_find(call, ret, true);
	} else if (ret == brk) {
		kind = BRKWATCH_SAME;
	} else {
		if (PAGE_ALIGN(ret) == PAGE_ALIGN(brk))
			kind = BRKWATCH_MOVE;
		else
			kind = ret > brk ? BRKWATCH_GROW : BRKWATCH_SHRINK;
		brk = ret;
	}
	add_call(record, kind, now, took, request, brk, reason, true);
}

/**
 * brkwatch_call_leave() - current leaves sys_brk
 * @call: what brkwatch_call_enter() filled in
 * @ret: what sys_brk returns: the break, or -EINTR
 *
 * Context: kretprobe handler.
 */
void brkwatch_call_leave(struct brkwatch_call *call, unsigned long ret)
{
	struct brkwatch_record *record = call->record;
	u64 now = ktime_get_mono_fast_ns();
	u64 took = now > call->entered ? now - call->entered : 0;
	bool overlapped;

	if (READ_ONCE(stopped))
		return;
	raw_spin_lock(&record->lock);
	hlist_del(&call->node);
	record->inflight--;
	overlapped = call->overlapped || record->entries != call->entries;

	if (IS_ERR_VALUE(ret))
		add_call(record,
			 call->request ? BRKWATCH_REFUSED : BRKWATCH_QUERY,
			 now, took, call->request, record->brk,
			 call->request ? BRKWATCH_KILLED : BRKWATCH_NO_REASON,
			 overlapped);
	else if (!overlapped)
		add_exact(record, call, now, took, ret);
	else
		add_overlapped(record, call, now, took, ret);

	if (overlapped) {
		record->unsettled = true;
		if (!record->inflight)
			settle(record, current->mm, now);
	}
	raw_spin_unlock(&record->lock);
}

/**
 * brkwatch_call_stop() - no call is followed any more
 *
 * A kretprobe that is unregistered forgets the calls that have not returned and
 * frees what it has of them, which is in the lists of their records. Nobody
 * looks at these after this.
 *
 * Context: process; sleeps.
 */
void brkwatch_call_stop(void)
{
	WRITE_ONCE(stopped, true);
	synchronize_rcu();
}

/**
 * brkwatch_call_lost() - a call of an address space is known to be unrecorded
 * @mm: the address space, current's
 *
 * Context: kprobe handler.
 * Return: whether there is a record that counts it.
 */
bool brkwatch_call_lost(struct mm_struct *mm)
{
	struct brkwatch_record *record = brkwatch_record_find(mm);

	if (!record)
		return false;
	raw_spin_lock(&record->lock);
	record->lost++;
	record->unsettled = true;
	raw_spin_unlock(&record->lock);
	return true;
}

/**
 * brkwatch_call_fork() - current has made a process
 * @child: the leader of the new thread group, not yet running
 *
 * Context: tracepoint handler.
 */
void brkwatch_call_fork(struct task_struct *child)
{
	struct mm_struct *mm = current->mm;
	struct brkwatch_record *record = mm ? brkwatch_record_make(mm) : NULL;
	u64 now = ktime_get_mono_fast_ns();
	struct brkwatch_event *event;

	if (!record)
		return;
	raw_spin_lock(&record->lock);
	if (!record->inflight)
		settle(record, mm, now);
	event = new_other(record, BRKWATCH_FORK, now);
	by_current(record, event);
	event->own_child = own_number(record, task_pid(child));
	event->request = child->pid;
	add_event(record, event, record->brk);
	raw_spin_unlock(&record->lock);
}

/**
 * brkwatch_call_end() - an address space is going away
 * @record: its record
 *
 * Saves the last values and takes the record out of the table.
 *
 * Context: any; RCU reader. current may be anybody.
 */
void brkwatch_call_end(struct brkwatch_record *record)
{
	bool was_ended, own = task_tgid(current) == record->tgid;
	struct task_struct *task = own ? current :
				   pid_task(record->tgid, PIDTYPE_TGID);

	raw_spin_lock(&record->lock);
	was_ended = record->ended;
	if (!was_ended) {
		u64 now = ktime_get_mono_fast_ns();
		struct brkwatch_event *event;

		settle(record, record->mm, now);
		event = new_other(record, BRKWATCH_END, now);
		if (own) {
			by_current(record, event);
			record->data_limit = brkwatch_rlimit(current, RLIMIT_DATA);
			brkwatch_comm_copy(record->comm, current->group_leader);
		}
		add_event(record, event, record->brk);
		record->ended = true;
		record->execed = task && !(READ_ONCE(task->flags) & PF_EXITING);
		if (record->followers)
			brkwatch_follow_end(record);
	}
	raw_spin_unlock(&record->lock);

	if (!was_ended)
		brkwatch_record_retire(record);
}
