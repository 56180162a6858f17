/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of brk, from the entry of sys_brk to its return. */
#ifndef BRKWATCH_CALL_H
#define BRKWATCH_CALL_H

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

struct brkwatch_record;

/* Limits of a process. */
static inline unsigned long brkwatch_rlimit(const struct task_struct *task,
					    unsigned int limit)
{
	/*
	 * prlimit() writes both as one, under a lock that nobody takes to read
	 * one, the kernel itself included: old or new, it is right.
	 */
	return data_race(task_rlimit(task, limit));
}

static inline unsigned long brkwatch_rlimit_max(const struct task_struct *task,
						unsigned int limit)
{
	/* As above. */
	return data_race(task_rlimit_max(task, limit));
}

/*
 * What do_brk_flags decides by, read at its entry: its caller holds mmap_lock for
 * writing, so these are exact. Pages, but for the limits and the break.
 */
struct brkwatch_limits {
	unsigned long brk;
	unsigned long total_vm;
	unsigned long data_vm;
	unsigned long as_limit;
	unsigned long data_limit;
	unsigned long data_limit_max;
};

/*
 * A brk call that is inside the kernel. It lives in the kretprobe's data and owns
 * nothing: see brkwatch_call_stop(). @node and @record are under the record's lock;
 * the rest is the calling task's own.
 */
struct brkwatch_call {
	struct hlist_node node;
	struct brkwatch_record *record;	/* NULL where it is not inside */
	struct task_struct *task;
	unsigned long request;
	u64 entered;
	unsigned long locked_vm;	/* pages, when it entered */
	u64 alone;		/* the record's entries, if no other was inside; or 0 */
	bool reached;		/* do_brk_flags was entered, @limits is filled */
	struct brkwatch_limits limits;
};

int brkwatch_call_init(void);
int brkwatch_call_arm(struct kretprobe *rp, kprobe_pre_handler_t enter);
void brkwatch_call_stop(void);
int brkwatch_call_enter(struct kprobe *p, struct pt_regs *regs);
int brkwatch_call_enter_compat(struct kprobe *p, struct pt_regs *regs);
int brkwatch_call_grow(struct kprobe *p, struct pt_regs *regs);
void brkwatch_call_forget_all(struct brkwatch_record *record);

/* Calls that were not recorded because there was no record. */
extern atomic_long_t brkwatch_unrecorded;

/* do_brk_flags makes the tests of check_brk_limits: Linux 5.10, as its first grow shows. */
extern bool brkwatch_checks_in_grow;

/* Set by whoever feeds calls, before the first one. */
extern bool brkwatch_grow_watched;	/* brkwatch_call_grow() is called */

/* For this long after an unseen call, other calls get flag o. */
#define BRKWATCH_DOUBT_NS	NSEC_PER_SEC

/* In reason.c. */
void brkwatch_reason_learn(const struct brkwatch_call *call);
u8 brkwatch_reason_find(const struct brkwatch_call *call, unsigned long ret,
			bool overlapped, struct brkwatch_evidence *evidence,
			u8 *flags);

#endif
