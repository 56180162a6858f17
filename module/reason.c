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
 * then; next_mapping also stands for an LSM or an
 * architecture that refuses the address, no_memory for overcommit policy, the
 * limit on the number of mappings, and a failed allocation.
 */
#include "brkwatch.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

#include "call.h"
#include "compat.h"

/*
 * The kernel only warns when all private writable mappings together exceed
 * RLIMIT_DATA. Looked up at load, and again when a call fares otherwise than
 * this says; that can also be for a limit that changed during the call.
 */
static bool data_limit_ignored;

static void look_up(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_up_work, look_up);

static void look_up(struct work_struct *work)
{
	struct file *file = filp_open("/sys/module/kernel/parameters/ignore_rlimit_data",
				      O_RDONLY, 0);
	loff_t pos = 0;
	char value;

	if (IS_ERR(file))
		return;
	if (kernel_read(file, &value, 1, &pos) == 1)
		WRITE_ONCE(data_limit_ignored, value == 'Y');
	filp_close(file, NULL);
}

static void doubt_data_limit(void)
{
	schedule_delayed_work(&look_up_work, HZ / 10);
}

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
	if (!READ_ONCE(data_limit_ignored))
		return BRKWATCH_RLIMIT_DATA;
	doubt_data_limit();
	return BRKWATCH_UNKNOWN;
}

/**
 * brkwatch_reason_learn() - what a call that went well says about the kernel
 * @call: the call, which reached do_brk_flags
 *
 * Context: kretprobe handler.
 */
void brkwatch_reason_learn(const struct brkwatch_call *call)
{
	const struct brkwatch_limits *limits = &call->limits;
	unsigned long len = PAGE_ALIGN(call->request) - PAGE_ALIGN(limits->brk);

	if (unlikely(limits->data_limit != RLIM_INFINITY) &&
	    over_data_limit(limits, len >> PAGE_SHIFT) &&
	    !READ_ONCE(data_limit_ignored))
		doubt_data_limit();
}

/** brkwatch_reason_init() - see what the kernel was told */
void brkwatch_reason_init(void)
{
	look_up(NULL);
}

/** brkwatch_reason_exit() - no call comes any more */
void brkwatch_reason_exit(void)
{
	cancel_delayed_work_sync(&look_up_work);
}

/**
 * brkwatch_reason_find() - why a call was refused
 * @call: the call, current's, which has just returned
 * @old: the break that it found, which is what it returned
 * @overlapped: whether other calls were inside at the same time
 *
 * Context: kretprobe handler.
 * Return: enum brkwatch_reason; BRKWATCH_UNKNOWN rather than a guess.
 */
u8 brkwatch_reason_find(const struct brkwatch_call *call, unsigned long old,
			bool overlapped)
{
	const struct mm_struct *mm = current->mm;
	unsigned long request = call->request;
	/* Wraps to a huge length where PAGE_ALIGN(request) wraps to 0. */
	unsigned long len = PAGE_ALIGN(request) - PAGE_ALIGN(old);

	if (call->reached)
		return reason_in_do_brk_flags(&call->limits, len >> PAGE_SHIFT);

	if (request < brkwatch_lowest_brk(mm))
		return BRKWATCH_BELOW_START;
	if (check_data_rlimit(brkwatch_rlimit(current, RLIMIT_DATA), request,
			      mm->start_brk, mm->end_data, mm->start_data))
		return BRKWATCH_RLIMIT_DATA;
	if (request <= old)
		return BRKWATCH_UNMAP;
	if (len > TASK_SIZE || PAGE_ALIGN(old) > TASK_SIZE - len)
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
