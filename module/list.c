// SPDX-License-Identifier: GPL-2.0
/* /proc/brkwatch/all and /proc/brkwatch/exited: one line per process. */
#include "brkwatch.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "proc.h"
#include "record.h"

static unsigned int max_exited = 64;
module_param_named(exited, max_exited, uint, 0444);
MODULE_PARM_DESC(exited, "exited processes remembered, 0 to 65536 (default 64)");

/* An address space in one line; what is not explained is as in <pid>. */
struct row {
	char comm[TASK_COMM_LEN];
	unsigned long start_brk, brk, peak;
	struct brkwatch_sums sums;
	u64 space;			/* 0: nothing is recorded */
	struct brkwatch_event last;	/* except the end itself; its time is 0: none */
	struct brkwatch_evidence evidence;	/* of @last */
	u64 spaces_before;
	u64 forks;

	/* Rows of exited only. */
	struct pid *pid;		/* with a reference */
	kuid_t uid;			/* real user in the end */
	u64 end;			/* when the address space went away */
};

#define COLUMNS "pid\tname\tstart_brk\tbrk\theap_bytes\tpeak_bytes\tcalls\t" \
		"grows\tshrinks\trefused\tgrown_bytes\tshrunk_bytes\tlast_event_ns"

/* Put a record into one line, except @pid, @uid and @end. */
static void fill_row(struct row *row, struct brkwatch_record *record)
{
	const struct brkwatch_history *history = &record->history;
	u64 last;

	raw_spin_lock(&record->lock);
	memcpy(row->comm, record->comm, sizeof(row->comm));
	row->start_brk = record->start_brk;
	row->brk = record->brk;
	row->peak = max(record->peak, brkwatch_heap(row->start_brk, row->brk));
	row->sums = record->sums;
	row->space = record->space;
	row->spaces_before = record->spaces_before;
	/* What is no call, no move and no end. */
	row->forks = history->last - record->ended - brkwatch_calls(&record->sums) -
		     record->sums.external - record->sums.resyncs;
	last = history->last - record->ended;
	if (last >= history->first)
		row->last = history->ring[last & history->mask];
	row->evidence = brkwatch_record_evidence(record, last);
	raw_spin_unlock(&record->lock);
}

static void show_row(struct seq_file *m, pid_t nr, const struct row *row)
{
	seq_put_decimal_ull(m, "", nr);
	seq_putc(m, '\t');
	/* A tab in it would be another column. */
	brkwatch_put_comm(m, row->comm, "\t\n\\");
	brkwatch_put_address(m, "\t", row->start_brk);
	brkwatch_put_address(m, "\t", row->brk);
	seq_put_decimal_ull(m, "\t", brkwatch_heap(row->start_brk, row->brk));
	seq_put_decimal_ull(m, "\t", row->peak);
	seq_put_decimal_ull(m, "\t", brkwatch_calls(&row->sums));
	seq_put_decimal_ull(m, "\t", row->sums.counts[BRKWATCH_GROW]);
	seq_put_decimal_ull(m, "\t", row->sums.counts[BRKWATCH_SHRINK]);
	seq_put_decimal_ull(m, "\t", row->sums.counts[BRKWATCH_REFUSED]);
	seq_put_decimal_ull(m, "\t", row->sums.grown);
	seq_put_decimal_ull(m, "\t", row->sums.shrunk);
	seq_put_decimal_ull(m, "\t", row->last.time);
}

/* ---- all ---- */

static void fill_live(struct row *row, struct task_struct *task,
		      struct mm_struct *mm)
{
	struct brkwatch_record *record;

	rcu_read_lock();
	record = brkwatch_record_find(mm);
	if (record)
		fill_row(row, record);
	rcu_read_unlock();

	/* Without mmap_lock: may show a break that is just being moved. */
	brkwatch_comm_copy(row->comm, task);
	row->start_brk = READ_ONCE(mm->start_brk);
	row->brk = READ_ONCE(mm->brk);
	row->peak = max(row->peak, brkwatch_heap(row->start_brk, row->brk));
}

static struct pid *next_process(struct seq_file *m, loff_t *pos)
{
	struct pid_namespace *ns = m->private;
	struct pid *pid;

	rcu_read_lock();
	for (;; ++*pos) {
		pid = *pos <= PID_MAX_LIMIT ? brkwatch_next_pid(*pos, ns) : NULL;
		if (!pid)
			break;
		*pos = pid_nr_ns(pid, ns);
		if (pid_task(pid, PIDTYPE_TGID))
			break;
	}
	get_pid(pid);
	rcu_read_unlock();
	return pid;
}

/* Position 0 is the header, any other the process of the next number. */
static void *all_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? next_process(m, pos) : SEQ_START_TOKEN;
}

static void all_stop(struct seq_file *m, void *v)
{
	if (v != SEQ_START_TOKEN)
		put_pid(v);
}

static void *all_next(struct seq_file *m, void *v, loff_t *pos)
{
	all_stop(m, v);
	++*pos;
	return next_process(m, pos);
}

static int all_show(struct seq_file *m, void *v)
{
	struct task_struct *task;
	const struct cred *cred;
	struct row row = {};
	struct mm_struct *mm;
	struct pid *pid = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, COLUMNS "\tspace\n");
		return 0;
	}
	task = get_pid_task(pid, PIDTYPE_TGID);
	if (!task)
		return SEQ_SKIP;
	/* The opener may have passed the file to a setuid program, so its own rights count. */
	cred = override_creds(m->file->f_cred);
	mm = brkwatch_access_mm(pid, false);
	revert_creds(cred);
	if (!IS_ERR(mm)) {
		fill_live(&row, task, mm);
		mmput(mm);
		show_row(m, pid_nr_ns(pid, m->private), &row);
		seq_put_decimal_ull(m, "\t", row.space);
		seq_putc(m, '\n');
	}
	put_task_struct(task);
	if (mm == ERR_PTR(-EINTR))
		return -EINTR;
	cond_resched();
	return IS_ERR(mm) ? SEQ_SKIP : 0;
}

static const struct seq_operations all_seq_ops = {
	.start = all_start,
	.next = all_next,
	.stop = all_stop,
	.show = all_show,
};

static int all_open(struct inode *inode, struct file *file)
{
	int err = seq_open(file, &all_seq_ops);

	if (!err)
		((struct seq_file *)file->private_data)->private =
			proc_pid_ns(inode->i_sb);
	return err;
}

/* ---- exited ---- */

/* A ring: the n-th that was added, from 0, is in row n % max_exited. */
static DEFINE_RAW_SPINLOCK(exited_lock);
static struct row *exited;
static unsigned long added;

/* Remember a process whose record has ended. Context: process. */
void brkwatch_exited_add(struct brkwatch_record *record)
{
	struct row row = {
		.pid = get_pid(record->tgid),
		.uid = record->uid,
		.end = record->last_time,
	};

	fill_row(&row, record);
	if (max_exited) {
		raw_spin_lock(&exited_lock);
		swap(row, exited[added % max_exited]);
		added++;
		raw_spin_unlock(&exited_lock);
	}
	put_pid(row.pid);
}

/* A copy of the @n-th row, with a reference to its pid. Return: whether it is there. */
static bool get_exited(unsigned long n, struct row *row)
{
	bool found;

	raw_spin_lock(&exited_lock);
	found = added - n - 1 < min_t(unsigned long, added, max_exited);
	if (found) {
		*row = exited[n % max_exited];
		get_pid(row->pid);
	}
	raw_spin_unlock(&exited_lock);
	return found;
}

static void show_exited(struct seq_file *m, const struct row *row)
{
	const struct brkwatch_event *last = &row->last;

	show_row(m, pid_nr_ns(row->pid, m->private), row);
	seq_put_decimal_ull(m, "\t", from_kuid_munged(seq_user_ns(m), row->uid));
	seq_put_decimal_ull(m, "\t", row->end);
	seq_putc(m, '\t');
	seq_puts(m, last->time ? brkwatch_kind_names[last->kind] : "-");
	brkwatch_put_address(m, "\t", last->time ? last->request : 0);
	seq_putc(m, '\t');
	seq_puts(m, brkwatch_reason_names[last->reason]);
	seq_put_decimal_ull(m, "\t", row->space);
	brkwatch_put_evidence(m, &row->evidence, last->reason);
	seq_put_decimal_ull(m, "\t", row->spaces_before);
	seq_put_decimal_ull(m, "\t", row->forks);
	seq_putc(m, '\n');
}

/* All in one go: between two calls of this the ring would move on. */
static int exited_show(struct seq_file *m, void *unused)
{
	unsigned long n = READ_ONCE(added);
	struct row row;

	seq_puts(m, COLUMNS "\tuid\texit_ns\tlast_event\tlast_request\tlast_reason\tspace\tlast_limit\tlast_needed\tspaces_before\tforks\n");
	while (get_exited(--n, &row)) {
		show_exited(m, &row);
		put_pid(row.pid);
	}
	return 0;
}

int brkwatch_exited_init(void)
{
	int err = brkwatch_check_parameter("exited", max_exited, 0, 1 << 16);

	if (err)
		return err;
	exited = kvcalloc(max_exited, sizeof(*exited), GFP_KERNEL);
	return exited ? 0 : -ENOMEM;
}

void brkwatch_exited_exit(void)
{
	unsigned int i;

	for (i = 0; i < max_exited; i++)
		put_pid(exited[i].pid);
	kvfree(exited);
}

static int exited_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_PTRACE))
		return -EACCES;
	return single_open(file, exited_show, proc_pid_ns(inode->i_sb));
}

/*
 * An open file does not keep the module, but a read in progress does: it may wait
 * for the memory that it copies to, and rmmod should say that the module is in use
 * rather than wait. seq_lseek() would read rows without that protection, so another
 * lseek only sets the position.
 */
ssize_t brkwatch_list_read(struct kiocb *iocb, struct iov_iter *to)
{
	ssize_t ret;

	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	ret = seq_read_iter(iocb, to);
	/* procfs keeps this code until we return. */
	module_put(THIS_MODULE);
	return ret;
}

const struct proc_ops brkwatch_all_ops = {
	.proc_open = all_open,
	.proc_read_iter = brkwatch_list_read,
	.proc_lseek = no_seek_end_llseek,
	.proc_release = seq_release,
};

const struct proc_ops brkwatch_exited_ops = {
	.proc_open = exited_open,
	.proc_read_iter = brkwatch_list_read,
	.proc_lseek = no_seek_end_llseek,
	.proc_release = single_release,
};
