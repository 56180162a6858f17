// SPDX-License-Identifier: GPL-2.0
/*
 * The probes: which functions and tracepoints, and what a hit becomes.
 *
 * Handlers run with preemption disabled. They do not sleep, print or allocate.
 */
#include "brkwatch.h"

#include <linux/kprobes.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>

#include "call.h"
#include "compat.h"
#include "event.h"
#include "probe.h"
#include "proc.h"
#include "record.h"

DEFINE_PER_CPU(unsigned long [BRKWATCH_PROBES], brkwatch_hits);

/* ---- handlers; those of calls are in call.c ---- */

static int exit_mmap_pre(struct kprobe *p, struct pt_regs *regs)
{
	struct mm_struct *mm = (struct mm_struct *)brkwatch_first_argument(regs);
	struct brkwatch_record *record;

	brkwatch_probe_hit(BRKWATCH_PROBE_EXIT_MMAP);
	/* Disabled preemption protects the table, but not the lookup of a task. */
	rcu_read_lock();
	record = brkwatch_record_find(mm);
	if (record)
		brkwatch_event_end(record);
	rcu_read_unlock();
	return 0;
}

/* Context: tracepoint handlers may be preempted on newer kernels. */
static void fork_hit(void *data, struct task_struct *parent,
		     struct task_struct *child)
{
	if (!thread_group_leader(child))
		return;
	brkwatch_probe_hit(BRKWATCH_PROBE_FORK);
	brkwatch_names_changed(child->pid);
	rcu_read_lock();
	brkwatch_event_fork(child);
	rcu_read_unlock();
}

static void free_hit(void *data, struct task_struct *task)
{
	if (task->pid != task->tgid)
		return;
	brkwatch_probe_hit(BRKWATCH_PROBE_FREE);
	brkwatch_names_changed(task->pid);
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
	unsigned long missed;		/* the maximum shown; under missed_lock */
};

/*
 * In the order of arming: what explains a call or ends a record has to be
 * there when the first call comes.
 */
static struct probe probes[BRKWATCH_PROBES] = {
	[BRKWATCH_PROBE_EXIT_MMAP] = {
		.name = "exit_mmap", .symbol = "exit_mmap",
		.kind = KPROBE, .required = true, .pre = exit_mmap_pre,
	},
	[BRKWATCH_PROBE_DO_BRK_FLAGS] = {
		.name = "do_brk_flags", .symbol = BRKWATCH_DO_BRK_FLAGS,
		.kind = KPROBE, .pre = brkwatch_call_grow,
	},
	[BRKWATCH_PROBE_FORK] = {
		.name = "fork", .symbol = "sched_process_fork",
		.kind = TRACEPOINT, .required = true, .hit = fork_hit,
	},
	[BRKWATCH_PROBE_FREE] = {
		.name = "free", .symbol = "sched_process_free",
		.kind = TRACEPOINT, .required = true, .hit = free_hit,
	},
	[BRKWATCH_PROBE_SYS_BRK_COMPAT] = {
		.name = "sys_brk_compat", .symbol = BRKWATCH_SYS_BRK_COMPAT,
		.kind = KRETPROBE, .pre = brkwatch_call_enter_compat,
	},
	[BRKWATCH_PROBE_SYS_BRK] = {
		.name = "sys_brk", .symbol = BRKWATCH_SYS_BRK,
		.kind = KRETPROBE, .required = true, .pre = brkwatch_call_enter,
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
		err = brkwatch_call_arm(&probe->rp, probe->pre);
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

/* Raw: a holder is not preempted, on PREEMPT_RT neither. */
static DEFINE_RAW_SPINLOCK(missed_lock);

/*
 * How often the handler of a probe could not run. The kernel counts this without a
 * lock, so CPUs may set it back; the maximum never falls. Calls for which a kretprobe
 * had no instance are in their records' Lost.
 */
static unsigned long probe_missed(struct probe *probe)
{
	unsigned long missed;

	raw_spin_lock(&missed_lock);
	missed = max(probe->missed, READ_ONCE(probe->rp.kp.nmissed));
	probe->missed = missed;
	raw_spin_unlock(&missed_lock);
	return missed;
}

/*
 * Calls whose entry was missed. A CPU misses a kprobe only while it handles another
 * one, and no handler enters sys_brk, so such a miss has never been seen. If one
 * happened, the next call would find what it did, but the old break of a shrink or
 * move that it overlapped could be wrong without a flag.
 */
unsigned long brkwatch_probe_missed(void)
{
	return probe_missed(&probes[BRKWATCH_PROBE_SYS_BRK]) +
	       probe_missed(&probes[BRKWATCH_PROBE_SYS_BRK_COMPAT]);
}

/* Each probe, what it sits on, and how often its handler ran and could not run. */
void brkwatch_probe_show(struct seq_file *m)
{
	struct probe *probe;

	seq_puts(m, "probe\tsymbol\tkind\tstate\tftrace\thits\tmissed\n");
	for (probe = probes; probe < probes + BRKWATCH_PROBES; probe++) {
		unsigned long hits = 0;
		int cpu;

		for_each_possible_cpu(cpu)
			hits += per_cpu(brkwatch_hits, cpu)[probe - probes];
		seq_printf(m, "%s\t%s\t%s\t%s\t%s\t%lu\t%lu\n", probe->name,
			   probe->symbol ?: "-", kind_names[probe->kind],
			   probe->armed ? "armed" : "absent",
			   probe->armed && kprobe_ftrace(&probe->rp.kp) ? "yes" : "no",
			   hits, probe_missed(probe));
	}
}

void brkwatch_probe_exit(void)
{
	int i;

	/* In the order of arming: the probes that use calls go before the calls. */
	brkwatch_call_stop();
	for (i = 0; i < BRKWATCH_PROBES; i++)
		probe_disarm(&probes[i]);
	/* Unregistering a tracepoint does not wait for its handlers. */
	tracepoint_synchronize_unregister();
	synchronize_rcu();
}

int brkwatch_probe_init(void)
{
	unsigned int i;
	int err;

	err = brkwatch_call_init();
	if (err)
		return err;

	brkwatch_record_doubt_all();
	for (i = 0; i < BRKWATCH_PROBES; i++) {
		struct probe *probe = &probes[i];

		err = probe_arm(probe);
		if (i == BRKWATCH_PROBE_DO_BRK_FLAGS)
			brkwatch_grow_watched = !err;
		if (!err || !probe->symbol)
			continue;
		if (!probe->required) {
			pr_info("cannot probe %s (error %d): some reasons will be unknown, see brkwatch(4)\n",
				probe->symbol, err);
			continue;
		}
		pr_err("cannot probe %s (error %d), which is required: not loading, see ERRORS in brkwatch(4)\n",
		       probe->symbol, err);
		brkwatch_probe_exit();
		return err == -ENOENT ? -EOPNOTSUPP : err;
	}
	return 0;
}
