// SPDX-License-Identifier: GPL-2.0
/*
 * Why a brk call was refused.
 *
 * sys_brk has no error return, so the reason is worked out by repeating its
 * tests in its order. The tests before do_brk_flags are repeated when the call
 * returns. If the call reached do_brk_flags they have passed, and the values
 * that decide there were saved at its entry. The tests of the address
 * and of locked memory belong to do_brk_flags in Linux 5.10, and come before
 * that of the next mapping in 6.1 (check_brk_limits). brkwatch(4) has the table
 * of them, and what cannot be told apart.
 */
#include "brkwatch.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>

#include "call.h"
#include "compat.h"

/*
 * A call has shown that the kernel only warns when all private writable mappings
 * together exceed RLIMIT_DATA. This is never unlearnt.
 */
static bool data_limit_ignored;

bool brkwatch_checks_in_grow;

/* capable() without the audit record and the security modules. */
static bool may_lock(void)
{
	const struct cred *cred = current_cred();

	return cred->user_ns == &init_user_ns &&
	       cap_raised(cred->cap_effective, CAP_IPC_LOCK);
}

static bool over_data_limit(const struct brkwatch_limits *limits,
			    unsigned long pages)
{
	unsigned long data = limits->data_vm + pages;

	return data > limits->data_limit >> PAGE_SHIFT &&
	       (limits->data_limit || data > limits->data_limit_max >> PAGE_SHIFT);
}

static u8 because(struct brkwatch_evidence *evidence, u8 reason, u64 limit,
		  u64 needed)
{
	evidence->limit = limit;
	evidence->needed = needed;
	return reason;
}

static u64 bytes(unsigned long pages)
{
	return (u64)pages << PAGE_SHIFT;
}

/* may_expand_vm() and what comes after it. */
static u8 reason_in_do_brk_flags(const struct brkwatch_limits *limits,
				 unsigned long pages,
				 struct brkwatch_evidence *evidence)
{
	if (limits->total_vm + pages > limits->as_limit >> PAGE_SHIFT)
		return because(evidence, BRKWATCH_RLIMIT_AS, limits->as_limit,
			       bytes(limits->total_vm + pages));
	if (!over_data_limit(limits, pages))
		return because(evidence, BRKWATCH_NO_MEMORY,
			       READ_ONCE(current->mm->map_count),
			       vm_memory_committed());
	return because(evidence, READ_ONCE(data_limit_ignored) ?
				 BRKWATCH_UNKNOWN : BRKWATCH_RLIMIT_DATA,
		       limits->data_limit, bytes(limits->data_vm + pages));
}

/*
 * What is in the way of a heap that was to end at @end, according to the mappings
 * now. down_read_trylock(), because the tracepoints of mmap_read_trylock() might
 * sleep; if a writer has the lock, nothing can be said.
 */
static u8 find_obstacle(struct mm_struct *mm, unsigned long old,
			unsigned long end, struct brkwatch_evidence *evidence,
			u8 *flags)
{
	struct vm_area_struct *next;
	u8 reason = BRKWATCH_NEXT_MAPPING;
	unsigned long gap;

	/* The kernel leaves a page between the heap and what comes next. */
	end += PAGE_SIZE;
	if (!down_read_trylock(&mm->mmap_lock))
		return because(evidence, reason, 0, end);
	next = find_vma(mm, old);
	/* vm_start_gap() without the gap of other stacks, which no module can see. */
	gap = next && next->vm_flags & VM_SHADOW_STACK ? PAGE_SIZE : 0;
	if (next && (next->vm_flags & VM_GROWSDOWN ||
		     (gap && next->vm_start - gap < end))) {
		*flags |= BRKWATCH_STACK;
		because(evidence, reason, next->vm_start, end);
	} else if (next && next->vm_start < end) {
		because(evidence, reason, max(next->vm_start, old), end);
	} else {
		/* Another thread may have unmapped it; otherwise the cause is none of these. */
		reason = atomic_read(&mm->mm_users) > 1 ?
			 because(evidence, reason, 0, end) : BRKWATCH_UNKNOWN;
	}
	up_read(&mm->mmap_lock);
	return reason;
}

/* mlock_future_check(). Return: BRKWATCH_NO_REASON if that cannot have refused the call. */
static u8 reason_of_locks(const struct brkwatch_call *call, unsigned long pages,
			  bool overlapped, struct brkwatch_evidence *evidence)
{
	unsigned long limit = brkwatch_rlimit(current, RLIMIT_MEMLOCK);
	unsigned long locked = READ_ONCE(current->mm->locked_vm);
	bool over = locked + pages > limit >> PAGE_SHIFT;
	bool was_over = call->locked_vm + pages > limit >> PAGE_SHIFT;

	if (!brkwatch_locks_future(current->mm) || limit == RLIM_INFINITY ||
	    may_lock())
		return BRKWATCH_NO_REASON;
	if (over && was_over)
		return because(evidence, BRKWATCH_MLOCK_LIMIT, limit,
			       bytes(locked + pages));
	/* Others may have locked and unlocked memory meanwhile. */
	if (over || was_over || overlapped || get_nr_threads(current) > 1)
		return because(evidence, BRKWATCH_UNKNOWN, limit, 0);
	return BRKWATCH_NO_REASON;
}

/*
 * Learn about the kernel from a call of current that reached do_brk_flags and
 * succeeded. Everybody's reasons depend on it: doc/decisions.md says why nobody can
 * feign it.
 */
void brkwatch_reason_learn(const struct brkwatch_call *call)
{
	const struct brkwatch_limits *limits = &call->limits;
	unsigned long len = PAGE_ALIGN(call->request) - PAGE_ALIGN(limits->brk);
	unsigned long max = limits->data_limit_max;

	if (limits->data_vm + (len >> PAGE_SHIFT) > max >> PAGE_SHIFT &&
	    max == brkwatch_rlimit_max(current, RLIMIT_DATA))
		WRITE_ONCE(data_limit_ignored, true);
}

/*
 * The reason why a call of current was refused. It has just returned @ret, the break
 * that it found, or an error. The numbers that decided go to @evidence, which is
 * zeroed; BRKWATCH_STACK is added to @flags. BRKWATCH_UNKNOWN rather than a guess.
 */
u8 brkwatch_reason_find(const struct brkwatch_call *call, unsigned long ret,
			bool overlapped, struct brkwatch_evidence *evidence,
			u8 *flags)
{
	unsigned long request = call->request, old = PAGE_ALIGN(ret);
	/* Wraps to a huge length where PAGE_ALIGN(request) wraps to 0. */
	unsigned long len = PAGE_ALIGN(request) - old, limit;
	struct mm_struct *mm = current->mm;
	u8 reason;

	if (IS_ERR_VALUE(ret))
		return ret == -EINTR ? BRKWATCH_KILLED : BRKWATCH_UNKNOWN;
	if (!call->reached) {
		limit = brkwatch_lowest_brk(mm);
		if (request < limit)
			return because(evidence, BRKWATCH_BELOW_START, limit, request);
		limit = brkwatch_rlimit(current, RLIMIT_DATA);
		if (check_data_rlimit(limit, request, mm->start_brk, mm->end_data,
				      mm->start_data))
			return because(evidence, BRKWATCH_RLIMIT_DATA, limit,
				       (u64)request - mm->start_brk + mm->end_data -
				       mm->start_data);
		if (request <= ret)
			return because(evidence, BRKWATCH_UNMAP,
				       READ_ONCE(mm->map_count), 0);
	}
	if (call->reached == READ_ONCE(brkwatch_checks_in_grow)) {
		if (len > TASK_SIZE || old > TASK_SIZE - len)
			return because(evidence, BRKWATCH_ADDRESS_LIMIT, TASK_SIZE,
				       request);
		reason = reason_of_locks(call, len >> PAGE_SHIFT, overlapped,
					 evidence);
		if (reason != BRKWATCH_NO_REASON)
			return reason;
	}
	if (call->reached)
		return reason_in_do_brk_flags(&call->limits, len >> PAGE_SHIFT,
					      evidence);
	if (!brkwatch_grow_watched)
		return BRKWATCH_UNKNOWN;
	return find_obstacle(mm, old, PAGE_ALIGN(request), evidence,
			     flags);
}
