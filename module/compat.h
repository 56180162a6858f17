/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place with kernel version, configuration or architecture tests.
 * It also states which kernels are supported.
 */
#ifndef BRKWATCH_COMPAT_H
#define BRKWATCH_COMPAT_H

#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/mm_types.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <asm/syscall.h>

#define BRKWATCH_KERNEL_MIN	"5.10"
/* The newest that was tried: DKMS builds for newer ones only if somebody asks for it. */
#define BRKWATCH_KERNEL_MAX	"7.3"

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "brkwatch supports Linux 5.10 and newer; please build against headers of such a kernel"
#endif
#ifndef CONFIG_KRETPROBES
#error "brkwatch needs a kernel with CONFIG_KPROBES and CONFIG_KRETPROBES"
#endif
#ifndef CONFIG_PROC_FS
#error "brkwatch needs a kernel with CONFIG_PROC_FS"
#endif
#ifndef CONFIG_TRACEPOINTS
#error "brkwatch needs a kernel with CONFIG_TRACEPOINTS (any tracer selects it)"
#endif

/*
 * The symbols that the probes sit on. A build may name others, which is how
 * the tests meet a kernel that has inlined or renamed one.
 */
#ifndef BRKWATCH_SYS_BRK
# if defined(CONFIG_X86_64)
#  define BRKWATCH_SYS_BRK	"__x64_sys_brk"
# elif defined(CONFIG_X86_32)
#  define BRKWATCH_SYS_BRK	"__ia32_sys_brk"
# elif defined(CONFIG_ARM64)
#  define BRKWATCH_SYS_BRK	"__arm64_sys_brk"
# elif defined(CONFIG_S390)
#  define BRKWATCH_SYS_BRK	"__s390x_sys_brk"
# elif defined(CONFIG_RISCV) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#  define BRKWATCH_SYS_BRK	"__riscv_sys_brk"
# else
#  define BRKWATCH_SYS_BRK	"sys_brk"
# endif
#endif

/* The entry of 32-bit programs, where that is another function. */
#if defined(CONFIG_X86_64) && defined(CONFIG_IA32_EMULATION)
# define BRKWATCH_SYS_BRK_COMPAT	"__ia32_sys_brk"
#elif defined(CONFIG_S390) && defined(CONFIG_COMPAT)
# define BRKWATCH_SYS_BRK_COMPAT	"__s390_sys_brk"
#else
# define BRKWATCH_SYS_BRK_COMPAT	NULL
#endif

#ifndef BRKWATCH_DO_BRK_FLAGS
# define BRKWATCH_DO_BRK_FLAGS	"do_brk_flags"
#endif

/*
 * A function's first argument, at its entry. regs_get_kernel_argument() calls on
 * s390 what is not exported; arm and mips have none, powerpc since v6.7
 * (f01b0edd562e).
 */
static inline unsigned long brkwatch_first_argument(struct pt_regs *regs)
{
#if defined(CONFIG_S390)
	return regs->gprs[2];
#elif defined(CONFIG_ARM)
	return regs->ARM_r0;
#elif defined(CONFIG_MIPS)
	return regs->regs[4];
#elif defined(CONFIG_PPC)
	return regs->gpr[3];
#else
	return regs_get_kernel_argument(regs, 0);
#endif
}

/*
 * What brk is asked for, at the entry of sys_brk, or with @compat at that of
 * 32-bit programs: the register that its wrapper passes on, which a tracer may
 * have changed. syscall_get_arguments() has arm64's orig_x0, which then need not
 * be the same.
 */
static inline unsigned long brkwatch_brk_argument(struct pt_regs *regs,
						  bool compat)
{
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64)
	const struct pt_regs *user;

	user = (const struct pt_regs *)brkwatch_first_argument(regs);
# ifdef CONFIG_ARM64
	return user->regs[0];
# else
	return compat ? (u32)user->bx : user->di;
# endif
#else
	unsigned long args[6];

	syscall_get_arguments(current, task_pt_regs(current), args);
	return args[0];
#endif
}

/* The lowest break the kernel grants this task: sys_brk's own min_brk. */
static inline unsigned long brkwatch_lowest_brk(const struct mm_struct *mm)
{
#ifdef CONFIG_COMPAT_BRK
	if (!current->brk_randomized)
		return READ_ONCE(mm->end_data);
#endif
	return READ_ONCE(mm->start_brk);
}

/* A shadow stack, since v6.6 (54007f818206): a page below it is kept free (0266e7c53647). */
#ifndef VM_SHADOW_STACK
# define VM_SHADOW_STACK	VM_NONE
#endif

/*
 * Whether what @mm maps is locked, by MCL_FUTURE. In v7.3 the flags are in a union,
 * while the kernel changes to another type of them.
 */
static inline bool brkwatch_locks_future(const struct mm_struct *mm)
{
	return mm->def_flags & VM_LOCKED;
}

/*
 * The thread group leader that stands for an address space shared by several
 * processes; @user, one of them, where the kernel keeps no note of it.
 * Context: RCU reader.
 */
static inline struct task_struct *brkwatch_mm_owner(struct mm_struct *mm,
						    struct task_struct *user)
{
#ifdef CONFIG_MEMCG
	struct task_struct *owner = rcu_dereference_check(mm->owner,
						rcu_read_lock_any_held());

	if (owner)
		return owner;
	/* NULL: the last user is exiting and no other task has the mm. No test reaches this. */
#endif
	return user;
}

/*
 * What a kretprobe has for its users' data is zero since v5.11 (d741bf41d7c7). Before
 * that it is what was in that memory. Context: @rp is registered and disabled.
 */
static inline void brkwatch_zero_instances(struct kretprobe *rp)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
	struct kretprobe_instance *ri;

	hlist_for_each_entry(ri, &rp->free_instances, hlist)
		memset(ri->data, 0, rp->data_size);
#endif
}

/* Came with v6.2 (f571faf6e443). The older call does where nobody arms the timer any more. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
# define timer_shutdown_sync(timer)	del_timer_sync(timer)
#endif

/* The pid of number @nr, or the next one. Not every kernel exports find_ge_pid(). */
static inline struct pid *brkwatch_next_pid(int nr, struct pid_namespace *ns)
{
	return idr_get_next(&ns->idr, &nr);
}

/* file_open_root() takes a struct path since v5.14 (ffb37ca3bd16). */
static inline struct file *brkwatch_open_below(const struct path *root,
					       const char *name, int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 14, 0)
	return file_open_root(root, name, flags, 0);
#else
	return file_open_root(root->dentry, root->mnt, name, flags, 0);
#endif
}

/* A workqueue that is not unbound says so since v6.17 (930c2ea566af). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
# define WQ_PERCPU	0
#endif

/* What splices a file that has read_iter is another since v6.5 (c6585011bc1d). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
# define copy_splice_read	generic_file_splice_read
#endif

#endif
