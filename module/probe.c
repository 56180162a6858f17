// SPDX-License-Identifier: GPL-2.0
/*
 * The probes: which functions and tracepoints, and what a hit becomes.
 *
 * Handlers run with preemption disabled. They do not sleep, print or allocate.
 */
#include "brkwatch.h"

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>

#include "call.h"
#include "compat.h"
#include "names.h"
#include "probe.h"
#include "record.h"

static unsigned int maxactive = 1024;
module_param(maxactive, uint, 0444);
MODULE_PARM_DESC(maxactive, "brk calls that may be inside the kernel at a time, all processes together, 16 to 65536 (default 1024)");

enum { EXIT_MMAP, DO_BRK_FLAGS, FORK, FREE, SYS_BRK_COMPAT, SYS_BRK, PROBES };

static DEFINE_PER_CPU(unsigned long [PROBES], hits);

/* Missed calls that a record counts as its own; see grow_pre(). */
static atomic_long_t missed_known;

/* ---- handlers ---- */

static int sys_brk_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return !brkwatch_call_enter((struct brkwatch_call *)ri->data,
				    brkwatch_brk_argument());
}

static int sys_brk_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	brkwatch_call_leave((struct brkwatch_call *)ri->data,
			    regs_return_value(regs));
	return 0;
}

/*
 * A kretprobe takes an instance from its pool before its entry handler can say
 * that the call need not be followed, and that costs as much as recording the
 * call. Most calls are queries, so they are dealt with in front of it.
 */
static kprobe_pre_handler_t kretprobe_pre;

static __always_inline int sys_brk_hit(struct kprobe *p, struct pt_regs *regs,
				       int i)
{
	this_cpu_inc(hits[i]);
	if (!brkwatch_brk_argument() && brkwatch_call_query())
		return 0;
	smp_rmb();	/* pairs with probe_arm(): it was set before this was */
	return kretprobe_pre(p, regs);
}

static int sys_brk_pre(struct kprobe *p, struct pt_regs *regs)
{
	return sys_brk_hit(p, regs, SYS_BRK);
}

static int sys_brk_compat_pre(struct kprobe *p, struct pt_regs *regs)
{
	return sys_brk_hit(p, regs, SYS_BRK_COMPAT);
}

/*
 * Without a call of current's this is the ELF loader, or a call that sys_brk's
 * probe missed: that much can be put down to the address space.
 */
static int grow_pre(struct kprobe *p, struct pt_regs *regs)
{
	this_cpu_inc(hits[DO_BRK_FLAGS]);
	if (!brkwatch_call_grow() && !brkwatch_in_exec(current) &&
	    brkwatch_calls_missed() > atomic_long_read(&missed_known) &&
	    brkwatch_call_lost(current->mm))
		atomic_long_inc(&missed_known);
	return 0;
}

static int exit_mmap_pre(struct kprobe *p, struct pt_regs *regs)
{
	struct mm_struct *mm = (struct mm_struct *)brkwatch_first_argument(regs);
	struct brkwatch_record *record;

	this_cpu_inc(hits[EXIT_MMAP]);
	/* Disabled preemption would do for the table, but not for a task's lookup. */
	rcu_read_lock();
	record = brkwatch_record_find(mm);
	if (record)
		brkwatch_call_end(record);
	rcu_read_unlock();
	return 0;
}

/* Context: tracepoint handlers may be preempted on newer kernels. */
static void fork_hit(void *data, struct task_struct *parent,
		     struct task_struct *child)
{
	if (!thread_group_leader(child))
		return;
	this_cpu_inc(hits[FORK]);
	brkwatch_names_add(task_pid(child));
	rcu_read_lock();
	brkwatch_call_fork(child);
	rcu_read_unlock();
}

static void free_hit(void *data, struct task_struct *task)
{
	if (task->pid != task->tgid)
		return;
	this_cpu_inc(hits[FREE]);
	brkwatch_names_remove(task->pid);
}

/* ---- the table ---- */

enum kind { KPROBE, KRETPROBE, TRACEPOINT };

static const char *const kind_names[] = {
	[KPROBE] = "kprobe",
	[KRETPROBE] = "kretprobe",
	[TRACEPOINT] = "tracepoint",
};

struct probe {
	const char *name;
	const char *symbol;
	enum kind kind;
	bool required;
	kprobe_pre_handler_t pre;
	void *hit;

	bool armed;
	struct kretprobe rp;		/* a plain kprobe uses rp.kp */
	struct tracepoint *tp;
};

/*
 * In the order of arming: what explains a call or ends a record has to be
 * there when the first call comes.
 */
static struct probe probes[PROBES] = {
	[EXIT_MMAP] = {
		.name = "exit_mmap", .symbol = BRKWATCH_EXIT_MMAP,
		.kind = KPROBE, .required = true, .pre = exit_mmap_pre,
	},
	[DO_BRK_FLAGS] = {
		.name = "do_brk_flags", .symbol = BRKWATCH_DO_BRK_FLAGS,
		.kind = KPROBE, .pre = grow_pre,
	},
	[FORK] = {
		.name = "fork", .symbol = "sched_process_fork",
		.kind = TRACEPOINT, .required = true, .hit = fork_hit,
	},
	[FREE] = {
		.name = "free", .symbol = "sched_process_free",
		.kind = TRACEPOINT, .required = true, .hit = free_hit,
	},
	[SYS_BRK_COMPAT] = {
		.name = "sys_brk_compat", .symbol = BRKWATCH_SYS_BRK_COMPAT,
		.kind = KRETPROBE, .pre = sys_brk_compat_pre,
	},
	[SYS_BRK] = {
		.name = "sys_brk", .symbol = BRKWATCH_SYS_BRK,
		.kind = KRETPROBE, .required = true, .pre = sys_brk_pre,
	},
};

static void match_tracepoint(struct tracepoint *tp, void *data)
{
	struct probe *probe = data;

	if (!strcmp(tp->name, probe->symbol))
		probe->tp = tp;
}

static int probe_arm(struct probe *probe)
{
	int err;

	if (!probe->symbol)
		return -ENOENT;

	/* Registration writes into the struct; a used one is refused. */
	memset(&probe->rp, 0, sizeof(probe->rp));
	probe->rp.kp.symbol_name = probe->symbol;

	switch (probe->kind) {
	case KPROBE:
		probe->rp.kp.pre_handler = probe->pre;
		err = register_kprobe(&probe->rp.kp);
		break;
	case KRETPROBE:
		probe->rp.entry_handler = sys_brk_entry;
		probe->rp.handler = sys_brk_return;
		probe->rp.data_size = sizeof(struct brkwatch_call);
		probe->rp.maxactive = maxactive;
		err = register_kretprobe(&probe->rp);
		if (err)
			break;
		/* Until here, the calls that came were all followed. */
		kretprobe_pre = probe->rp.kp.pre_handler;
		smp_wmb();	/* pairs with sys_brk_hit() */
		WRITE_ONCE(probe->rp.kp.pre_handler, probe->pre);
		break;
	case TRACEPOINT:
		for_each_kernel_tracepoint(match_tracepoint, probe);
		err = probe->tp ? tracepoint_probe_register(probe->tp,
							    probe->hit, NULL) :
				  -ENOENT;
		break;
	}
	probe->armed = !err;
	return err;
}

static void probe_disarm(struct probe *probe)
{
	if (!probe->armed)
		return;
	switch (probe->kind) {
	case KPROBE:
		unregister_kprobe(&probe->rp.kp);
		break;
	case KRETPROBE:
		unregister_kretprobe(&probe->rp);
		break;
	case TRACEPOINT:
		tracepoint_probe_unregister(probe->tp, probe->hit, NULL);
		break;
	}
	probe->armed = false;
}

static unsigned long probe_missed(const struct probe *probe)
{
	if (!probe->armed || probe->kind == TRACEPOINT)
		return 0;
	return READ_ONCE(probe->rp.kp.nmissed) + READ_ONCE(probe->rp.nmissed);
}

/* Calls whose entry was not seen, all address spaces together. */
unsigned long brkwatch_calls_missed(void)
{
	return probe_missed(&probes[SYS_BRK]) +
	       probe_missed(&probes[SYS_BRK_COMPAT]);
}

/**
 * brkwatch_probe_missed() - calls that were missed and are in no record's count
 */
unsigned long brkwatch_probe_missed(void)
{
	return brkwatch_calls_missed() - atomic_long_read(&missed_known);
}

/**
 * brkwatch_probe_get_stats() - health of a probe
 * @i: which, from 0
 * @stats: where to put it
 *
 * Return: false if there is no such probe.
 */
bool brkwatch_probe_get_stats(unsigned int i, struct brkwatch_probe_stats *stats)
{
	struct probe *probe = &probes[i];
	int cpu;

	if (i >= PROBES)
		return false;
	*stats = (struct brkwatch_probe_stats) {
		.name = probe->name,
		.symbol = probe->symbol,
		.kind = kind_names[probe->kind],
		.armed = probe->armed,
		.ftrace = probe->armed && kprobe_ftrace(&probe->rp.kp),
		.missed = probe_missed(probe),
	};
	for_each_possible_cpu(cpu)
		stats->hits += per_cpu(hits, cpu)[i];
	return true;
}

void brkwatch_probe_exit(void)
{
	int i;

	brkwatch_call_stop();
	for (i = PROBES - 1; i >= 0; i--)
		probe_disarm(&probes[i]);
	/* Tracepoints are left without waiting for their handlers. */
	tracepoint_synchronize_unregister();
	synchronize_rcu();
	brkwatch_reason_exit();
}

int brkwatch_probe_init(void)
{
	unsigned int i;
	int err;

	err = brkwatch_check_parameter("maxactive", maxactive, 16, 1 << 16);
	if (err)
		return err;

	brkwatch_reason_init();
	brkwatch_calls_since = ktime_get_mono_fast_ns();
	for (i = 0; i < PROBES; i++) {
		struct probe *probe = &probes[i];

		err = probe_arm(probe);
		if (i == DO_BRK_FLAGS)
			brkwatch_grow_watched = !err;
		if (!err || !probe->symbol)
			continue;
		if (!probe->required) {
			pr_info("cannot probe %s (error %d): doing without\n",
				probe->symbol, err);
			continue;
		}
		pr_err("cannot probe %s (error %d), which is required\n",
		       probe->symbol, err);
		brkwatch_probe_exit();
		return err == -ENOENT ? -EOPNOTSUPP : err;
	}
	return 0;
}
