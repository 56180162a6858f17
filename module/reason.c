// SPDX-License-Identifier: GPL-2.0
/*
 * Why a brk call was refused.
 *
 * sys_brk has no error return, so the reason is worked out by repeating its
 * tests in its order. Those it makes before do_brk_flags are repeated when the
 * call returns; where the call reached do_brk_flags they have passed, and the
 * values that decide there were saved at its entry.
 *
 * What cannot be told apart: rlimit_data and what comes after it on a kernel
 * told to ignore that limit (boot option ignore_rlimit_data), which is unknown
 * once that has shown; next_mapping also stands for an LSM or an
 * architecture that refuses the address, no_memory for overcommit policy, the
 * limit on the number of mappings, and a failed allocation.
 */
#include "brkwatch.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>

#include "call.h"
#include "compat.h"

/*
 * The kernel only warns when all private writable mappings together exceed
 * RLIMIT_DATA: a call has shown it. From then on, for it cannot be unlearnt.
 */
static bool data_limit_ignored;

/* capable() without the audit record and the security modules. */
static bool may_lock(void)
{
	const struct cred *cred = current_cred();

	return cred->user_ns == &init_user_ns &&
	       cap_raised(cred->cap_effective, CAP_IPC_LOCK);
}

static bool over_mlock_limit(const struct mm_struct *mm, unsigned long pages)
{
	return READ_ONCE(mm->locked_vm) + pages >
	       brkwatch_rlimit(current, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

static bool over_data_limit(const struct brkwatch_limits *limits,
			    unsigned long pages)
{
	unsigned long data = limits->data_vm + pages;

	return data > limits->data_limit >> PAGE_SHIFT &&
	       (limits->data_limit || data > limits->data_limit_max >> PAGE_SHIFT);
}

/* may_expand_vm() and what comes after it. */
static u8 reason_in_do_brk_flags(const struct brkwatch_limits *limits,
				 unsigned long pages)
{
	if (limits->total_vm + pages > limits->as_limit >> PAGE_SHIFT)
		return BRKWATCH_RLIMIT_AS;
	if (!over_data_limit(limits, pages))
		return BRKWATCH_NO_MEMORY;
	return READ_ONCE(data_limit_ignored) ? BRKWATCH_UNKNOWN :
					       BRKWATCH_RLIMIT_DATA;
}

/**
 * brkwatch_reason_learn() - what a call that went well says about the kernel
 * @call: the call, current's, which reached do_brk_flags
 *
 * Everybody's reasons depend on it, so nobody may feign it by moving his limit
 * out of the way for a moment. He cannot raise it beyond the hard limit, nor
 * that one at all: a call that grew beyond the hard limit was not held up by any.
 * Who may raise it is trusted not to do so for a moment.
 *
 * Context: kretprobe handler.
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

/**
 * brkwatch_reason_find() - why a call was refused
 * @call: the call, current's, which has just returned
 * @ret: what it returned: the break that it found, or an error
 * @overlapped: whether other calls were inside at the same time
 *
 * Context: kretprobe handler.
 * Return: enum brkwatch_reason; BRKWATCH_UNKNOWN rather than a guess.
 */
u8 brkwatch_reason_find(const struct brkwatch_call *call, unsigned long ret,
			bool overlapped)
{
	const struct mm_struct *mm = current->mm;
	unsigned long request = call->request;
	/* Wraps to a huge length where PAGE_ALIGN(request) wraps to 0. */
	unsigned long len = PAGE_ALIGN(request) - PAGE_ALIGN(ret);

	if (IS_ERR_VALUE(ret))
		return ret == -EINTR ? BRKWATCH_KILLED : BRKWATCH_UNKNOWN;
	if (call->reached)
		return reason_in_do_brk_flags(&call->limits, len >> PAGE_SHIFT);

	if (request < brkwatch_lowest_brk(mm))
		return BRKWATCH_BELOW_START;
	if (check_data_rlimit(brkwatch_rlimit(current, RLIMIT_DATA), request,
			      mm->start_brk, mm->end_data, mm->start_data))
		return BRKWATCH_RLIMIT_DATA;
	if (request <= ret)
		return BRKWATCH_UNMAP;
	if (len > TASK_SIZE || PAGE_ALIGN(ret) > TASK_SIZE - len)
		return BRKWATCH_ADDRESS_LIMIT;

	if (mm->def_flags & VM_LOCKED && !may_lock()) {
		/* Others may have changed what is locked meanwhile. */
		if (overlapped || get_nr_threads(current) > 1)
			return BRKWATCH_UNKNOWN;
		if (over_mlock_limit(mm, len >> PAGE_SHIFT))
			return BRKWATCH_MLOCK_LIMIT;
	}
	return brkwatch_grow_watched ? BRKWATCH_NEXT_MAPPING : BRKWATCH_UNKNOWN;
}
