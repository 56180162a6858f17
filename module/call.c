// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of brk, from the entry of sys_brk to its return, and what is recorded
 * of them. See event.c for the order they are recorded in.
 */
#include "brkwatch.h"

#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/timekeeping.h>

#include "call.h"
#include "compat.h"
#include "event.h"
#include "probe.h"
#include "record.h"

static unsigned int maxactive = 1024;
module_param(maxactive, uint, 0444);
MODULE_PARM_DESC(maxactive, "brk calls that may be inside the kernel at a time, all processes together, of which one user may have half, 16 to 65536 (default 1024)");

atomic_long_t brkwatch_unrecorded;
bool brkwatch_grow_watched;

static bool stopped;	/* see brkwatch_call_stop() */

/*
 * Calls inside: those of each user; and those of all, of which only the sum over
 * the CPUs counts, for a task may come in on one and leave on another.
 */
static atomic_t users_inside[BRKWATCH_USERS];
static DEFINE_PER_CPU(int, inside);

static int all_inside(void)
{
	int cpu, sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(inside, cpu));
	return sum;
}

static __always_inline void leave_share(brkwatch_user_t user)
{
	this_cpu_dec(inside);
	atomic_dec(&users_inside[user]);
}

/*
 * A call that is inside can be made to sleep, or not to run, for as long as its
 * user likes. So the instances for them are shared out as share.h says; but this
 * is for every call, and while a user has few, nobody looks at what the other
 * CPUs have. Return: whether leave_share() is to follow.
 */
static __always_inline bool enter_share(brkwatch_user_t user)
{
	int own = atomic_inc_return(&users_inside[user]);

	this_cpu_inc(inside);
	if (likely(own <= maxactive / 128) || !user ||
	    own + all_inside() <= maxactive)
		return true;
	leave_share(user);
	return false;
}

/*
 * A call moves the break to @brk. The heap that it finds may be the largest,
 * too: what prctl() has made of the heap counts only then, because it may take
 * several steps, and between them the size is nonsense.
 */
static __always_inline void account(struct brkwatch_record *record,
				    unsigned long brk)
{
	s64 pages = brkwatch_pages(record->brk, brk);
	unsigned long heap = brkwatch_heap(record->start_brk,
					   max(record->brk, brk));

	if (pages > 0) {
		record->sums.grown += (u64)pages << PAGE_SHIFT;
		__this_cpu_add(brkwatch_totals.grown, pages);
	} else {
		record->sums.shrunk += (u64)-pages << PAGE_SHIFT;
		__this_cpu_add(brkwatch_totals.shrunk, -pages);
	}
	if (heap > record->peak)
		record->peak = heap;
}

static __always_inline void add_call(struct brkwatch_record *record,
				     enum brkwatch_kind kind, u64 now, u64 took,
				     unsigned long request, unsigned long brk,
				     enum brkwatch_reason reason, u8 flags)
{
	struct brkwatch_event *event = brkwatch_event_new(record, kind, now);

	brkwatch_event_by_current(record, event);
	event->took = took;
	event->request = request;
	event->reason = reason;
	event->flags |= flags;
	if (brk != record->brk)
		account(record, brk);
	brkwatch_event_add(record, event, brk);
	record->sums.counts[kind]++;
	__this_cpu_inc(brkwatch_totals.counts[kind]);
	if (kind == BRKWATCH_REFUSED)
		__this_cpu_inc(brkwatch_totals.reasons[reason]);
}

/*
 * current asks where the break is. The answer is known beforehand if nobody else
 * can move the break meanwhile; such a call is recorded here. So is, as
 * overlapping, a query while others are inside. Return: whether it is.
 */
static bool query(void)
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
			brkwatch_event_settle(record, mm, now);
		add_call(record, BRKWATCH_QUERY, now, 0, 0, record->brk,
			 BRKWATCH_NO_REASON,
			 record->inflight ? BRKWATCH_OVERLAPPED : 0);
	}
	raw_spin_unlock(&record->lock);
	return known;
}

static void remove_call(struct brkwatch_record *record,
			struct brkwatch_call *call)
{
	__hlist_del(&call->node);
	record->inflight--;
	WRITE_ONCE(call->record, NULL);
	leave_share(record->user);
}

/*
 * A task that died inside never returned from its call. The kretprobe took the
 * instance back silently and gave it to the next call.
 */
static void forget(struct brkwatch_call *call)
{
	/* Freed after a grace period, and not while it has calls. */
	struct brkwatch_record *record = READ_ONCE(call->record);

	if (likely(!record))
		return;
	raw_spin_lock(&record->lock);
	if (call->record)
		remove_call(record, call);
	raw_spin_unlock(&record->lock);
}

/* The address space of @record, which is locked, has no users who could return. */
void brkwatch_call_forget_all(struct brkwatch_record *record)
{
	struct brkwatch_call *call;
	struct hlist_node *next;

	if (READ_ONCE(stopped))
		return;
	hlist_for_each_entry_safe(call, next, &record->calls, node)
		remove_call(record, call);
}

static void enter(struct brkwatch_call *call, struct brkwatch_record *record,
		  unsigned long request)
{
	u64 now;

	if (READ_ONCE(stopped))
		return;
	forget(call);
	now = ktime_get_mono_fast_ns();
	WRITE_ONCE(call->task, current);
	call->request = request;
	call->entered = now;
	call->locked_vm = READ_ONCE(current->mm->locked_vm);
	call->reached = false;

	raw_spin_lock(&record->lock);
	if (!record->inflight)
		brkwatch_event_settle(record, current->mm, now);
	WRITE_ONCE(call->record, record);
	record->entries++;
	call->alone = record->inflight++ || now < record->doubtful_until ?
		      0 : record->entries;
	hlist_add_head_rcu(&call->node, &record->calls);
	raw_spin_unlock(&record->lock);
}

/*
 * Record that a call cannot be followed. Its return is not seen, so in a process
 * with several threads it may still be inside while others call.
 */
static noinline void lose(struct brkwatch_record *record)
{
	struct mm_struct *mm = current->mm;
	u64 now = ktime_get_mono_fast_ns();

	raw_spin_lock(&record->lock);
	/* No call inside explains a move. Lost calls in a row are settled as one. */
	if (!record->inflight && !record->unsettled)
		brkwatch_event_settle(record, mm, now);
	record->entries++;
	record->sums.lost++;
	__this_cpu_inc(brkwatch_totals.lost);
	record->unsettled = true;
	if (atomic_read(&mm->mm_users) > 1)
		record->doubtful_until = now + BRKWATCH_DOUBT_NS;
	raw_spin_unlock(&record->lock);
}

/*
 * A kretprobe takes an instance from its pool before its entry handler can decline
 * a call, and most calls are queries, which are finished at entry. So
 * brkwatch_call_enter() replaces the kretprobe's own handler and calls it only for
 * other calls (doc/decisions.md says what this saves). It also tells which record a
 * call without an instance belongs to.
 */
static kprobe_pre_handler_t kretprobe_pre;

/* What the kretprobe has for the call that this CPU enters; NULL: nothing. */
static DEFINE_PER_CPU(struct brkwatch_call *, instance);

static int kretprobe_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	__this_cpu_write(instance, (struct brkwatch_call *)ri->data);
	return 0;
}

static int follow(struct kprobe *p, struct pt_regs *regs, unsigned long request)
{
	struct brkwatch_record *record = brkwatch_record_make(current->mm);
	struct brkwatch_call *call;

	if (unlikely(!record)) {
		atomic_long_inc(&brkwatch_unrecorded);
		return 0;
	}
	if (likely(enter_share(record->user))) {
		__this_cpu_write(instance, NULL);
		kretprobe_pre(p, regs);
		call = __this_cpu_read(instance);
		if (likely(call)) {
			enter(call, record, request);
			return 0;
		}
		leave_share(record->user);
	}
	lose(record);
	return 0;
}

static __always_inline int entered(struct kprobe *p, struct pt_regs *regs,
				   enum brkwatch_probe i)
{
	bool compat = i == BRKWATCH_PROBE_SYS_BRK_COMPAT;
	unsigned long request = brkwatch_brk_argument(regs, compat);

	brkwatch_probe_hit(i);
	if (request)
		return follow(p, regs, request);
	return query() ? 0 : follow(p, regs, 0);
}

/* Kprobe handler: current enters sys_brk. */
int brkwatch_call_enter(struct kprobe *p, struct pt_regs *regs)
{
	return entered(p, regs, BRKWATCH_PROBE_SYS_BRK);
}

/* The same for the sys_brk of 32-bit programs. */
int brkwatch_call_enter_compat(struct kprobe *p, struct pt_regs *regs)
{
	return entered(p, regs, BRKWATCH_PROBE_SYS_BRK_COMPAT);
}

static noinline struct brkwatch_call *find_own(struct brkwatch_record *record)
{
	struct brkwatch_call *call;

	raw_spin_lock(&record->lock);
	hlist_for_each_entry(call, &record->calls, node) {
		if (call->task == current)
			break;
	}
	raw_spin_unlock(&record->lock);
	return call;
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
	return find_own(record);
}

/*
 * Kprobe handler: current enters do_brk_flags, holding mmap_lock for writing.
 * Without a call of its own it is the ELF loader, or that call is lost.
 */
int brkwatch_call_grow(struct kprobe *p, struct pt_regs *regs)
{
	struct mm_struct *mm = current->mm;
	struct brkwatch_record *record = brkwatch_record_find(mm);
	struct brkwatch_call *call = record ? own_call(record) : NULL;

	brkwatch_probe_hit(BRKWATCH_PROBE_DO_BRK_FLAGS);
	if (!call)
		return 0;
	/* There the first argument is where the heap ends; elsewhere it is a pointer. */
	if (unlikely(brkwatch_first_argument(regs) == PAGE_ALIGN(mm->brk)))
		WRITE_ONCE(brkwatch_checks_in_grow, true);
	call->reached = true;
	call->limits = (struct brkwatch_limits) {
		.brk = mm->brk,
		.total_vm = mm->total_vm,
		.data_vm = mm->data_vm,
		.as_limit = brkwatch_rlimit(current, RLIMIT_AS),
		.data_limit = brkwatch_rlimit(current, RLIMIT_DATA),
		.data_limit_max = brkwatch_rlimit_max(current, RLIMIT_DATA),
	};
	return 0;
}

static enum brkwatch_kind kind_of_move(unsigned long old, unsigned long new)
{
	if (new == old)
		return BRKWATCH_SAME;
	if (PAGE_ALIGN(new) == PAGE_ALIGN(old))
		return BRKWATCH_MOVE;
	return new > old ? BRKWATCH_GROW : BRKWATCH_SHRINK;
}

/* Why the call was refused that is the next event, with its evidence. */
static u8 find_reason(struct brkwatch_record *record, struct brkwatch_call *call,
		      unsigned long ret, bool overlapped, u8 *flags)
{
	unsigned long n = record->sums.counts[BRKWATCH_REFUSED];
	struct brkwatch_evidence *evidence =
		&record->evidence[n % BRKWATCH_EVIDENCE];

	*evidence = (struct brkwatch_evidence) { .seq = record->history.last + 1 };
	return brkwatch_reason_find(call, ret, overlapped, evidence, flags);
}

/*
 * If nobody else was inside, the return value says what happened: a call that
 * changes nothing returns the old break. Otherwise order and kind are those of
 * the chain. An error that sys_brk is not known to return makes nothing certain.
 */
static void leave(struct brkwatch_call *call, unsigned long ret)
{
	struct brkwatch_record *record = call->record;
	u64 now = ktime_get_mono_fast_ns();
	enum brkwatch_reason reason = BRKWATCH_NO_REASON;
	unsigned long brk, request = call->request;
	enum brkwatch_kind kind;
	u8 flags, more = 0;

	if (READ_ONCE(stopped))
		return;
	raw_spin_lock(&record->lock);
	remove_call(record, call);
	flags = record->entries == call->alone ? 0 : BRKWATCH_OVERLAPPED;

	if (ret == request) {
		if (call->reached) {
			if (!flags)
				brkwatch_event_settle_at(record, now,
							 call->limits.brk);
			if (unlikely(call->limits.data_limit_max != RLIM_INFINITY))
				brkwatch_reason_learn(call);
		}
		kind = kind_of_move(record->brk, ret);
		brk = ret;
	} else {
		if (!IS_ERR_VALUE(ret)) {
			if (!flags)
				brkwatch_event_settle_at(record, now, ret);
		} else if (ret != -EINTR) {
			flags = BRKWATCH_OVERLAPPED;
		}
		kind = BRKWATCH_QUERY;
		if (request) {
			kind = BRKWATCH_REFUSED;
			reason = find_reason(record, call, ret, flags, &more);
		}
		brk = record->brk;
	}
	add_call(record, kind, now, max_t(s64, now - call->entered, 0), request,
		 brk, reason, flags | more);

	if (unlikely(flags)) {
		record->unsettled = true;
		if (!record->inflight)
			brkwatch_event_settle(record, current->mm, now);
	}
	raw_spin_unlock(&record->lock);
}

static int kretprobe_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	leave((struct brkwatch_call *)ri->data, regs_return_value(regs));
	return 0;
}

int brkwatch_call_init(void)
{
	return brkwatch_check_parameter("maxactive", maxactive, 16, 1 << 16);
}

/*
 * From now on calls are recorded. @rp is zeroed except for the symbol; it cannot be
 * hit before @enter is in place. -EAGAIN: kprobes are switched off; switching them
 * on later would leave this one off.
 */
int brkwatch_call_arm(struct kretprobe *rp, kprobe_pre_handler_t enter)
{
	int err;

	rp->entry_handler = kretprobe_entry;
	rp->handler = kretprobe_return;
	rp->data_size = sizeof(struct brkwatch_call);
	rp->maxactive = maxactive;
	rp->kp.flags = KPROBE_FLAG_DISABLED;
	err = register_kretprobe(rp);
	if (err)
		return err;
	brkwatch_zero_instances(rp);
	kretprobe_pre = rp->kp.pre_handler;
	rp->kp.pre_handler = enter;
	/* A hit of another kprobe at this address may just be looking at this one. */
	synchronize_rcu();
	err = enable_kretprobe(rp);
	if (!err && kprobe_disabled(&rp->kp))
		err = -EAGAIN;
	if (err)
		unregister_kretprobe(rp);
	return err;
}

/*
 * Follow no more calls. A kretprobe that is unregistered forgets the calls that
 * have not returned and frees their instances, which are linked in the lists of
 * records. After this, nobody looks at these lists.
 */
void brkwatch_call_stop(void)
{
	WRITE_ONCE(stopped, true);
	synchronize_rcu();
}
