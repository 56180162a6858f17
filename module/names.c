// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the entries under /proc/brkwatch in step with the processes. procfs does
 * not ask a module when a name is looked up, so every number of a process in any
 * pid namespace needs an entry.
 *
 * Tracepoints queue forks and ends. One worker compares each queued number with
 * what the kernel says now, so late, repeated or lost notices do no harm; if the
 * queue overflows, it walks all processes. It creates entries and never waits.
 * Each removal is a work item of its own, because it waits for tasks inside the
 * entry.
 */
#include "brkwatch.h"

#include <linux/fcntl.h>
#include <linux/kfifo.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "proc.h"
#include "share.h"

/* A number under /proc/brkwatch, until its entry is removed. */
struct brkwatch_name {
	pid_t nr;
	/* The worker's. */
	struct pid *pid;	/* has @nr in the initial pid namespace; a reference */
	unsigned int named;	/* how many of @pid's numbers have names, from the first on */
	brkwatch_user_t user;	/* whose share they count in */

	/* Under names_lock. */
	unsigned int users;	/* processes, each in a pid namespace, and opens under way */
	bool gone;		/* it is being removed: treat as absent */

	struct proc_dir_entry *entry;
	struct work_struct removal;
	struct rcu_head rcu;
};

/* A power of two. A build may have fewer, which is how the tests see it overflow. */
#ifndef QUEUE_SIZE
#define QUEUE_SIZE	4096
#endif

/*
 * A process in nested pid namespaces has up to 33 numbers. Users share the names for
 * those that are not of the initial namespace. A build may have fewer.
 */
#ifndef NESTED
#define NESTED		65536
#endif

static struct brkwatch_share nested = { .limit = NESTED };

/* Removals that may wait at a time on each CPU; each has a thread for that long. */
#define MAX_REMOVALS	256

/* Protects the queue; taken in tracepoint handlers, and in the softirq that frees tasks. */
static DEFINE_RAW_SPINLOCK(queue_lock);
static DEFINE_KFIFO(queue, pid_t, QUEUE_SIZE);
static unsigned long walk_wanted;	/* the queue overflowed, or memory was short */
static bool running;			/* the worker may be started */

static void update(struct work_struct *work);
static DECLARE_DELAYED_WORK(update_work, update);
static struct workqueue_struct *wq, *removal_wq;

/* The worker's, except what struct brkwatch_name says. */
static DEFINE_XARRAY(names);		/* number -> struct brkwatch_name */
static struct proc_dir_entry *directory;
static const struct proc_ops *entry_ops;
static u64 started;

/* Raw: a holder is not preempted, on PREEMPT_RT neither. */
static DEFINE_RAW_SPINLOCK(names_lock);
struct brkwatch_names_stats brkwatch_names_stats;

/* ---- what comes in ---- */

/* A process was forked, or is gone and its number free. Context: any. */
void brkwatch_names_changed(pid_t nr)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&queue_lock, flags);
	if (!kfifo_put(&queue, nr))
		WRITE_ONCE(walk_wanted, true);
	/* One tick: time enough for a short-lived process to end unnamed. */
	if (running)
		queue_delayed_work(wq, &update_work, 1);
	raw_spin_unlock_irqrestore(&queue_lock, flags);
}

/* The process that has a number, with a reference; NULL if none has. */
struct pid *brkwatch_process_get(pid_t nr, struct pid_namespace *ns)
{
	struct pid *pid;

	rcu_read_lock();
	pid = find_pid_ns(nr, ns);
	pid = pid_task(pid, PIDTYPE_TGID) ? get_pid(pid) : NULL;
	rcu_read_unlock();
	return pid;
}

/* Keep a name in use, as its process does; NULL if there is none, or it is being removed. */
struct brkwatch_name *brkwatch_name_enter(pid_t nr)
{
	struct brkwatch_name *name;

	rcu_read_lock();
	name = xa_load(&names, nr);
	raw_spin_lock(&names_lock);
	if (name && name->gone)
		name = NULL;
	if (name)
		name->users++;
	raw_spin_unlock(&names_lock);
	rcu_read_unlock();
	return name;
}

/* Undo brkwatch_name_enter(). Context: any; does not sleep. */
void brkwatch_name_leave(struct brkwatch_name *name)
{
	raw_spin_lock(&names_lock);
	if (!--name->users && queue_work(removal_wq, &name->removal))
		atomic_long_inc(&brkwatch_names_stats.removals);
	raw_spin_unlock(&names_lock);
}

/* ---- removal ---- */

/*
 * procfs takes the entry out of the directory before it waits. From then on the
 * number may have another entry, and another name in @names.
 */
static void remove(struct work_struct *work)
{
	struct brkwatch_name *name = container_of(work, struct brkwatch_name,
						  removal);
	bool gone;

	raw_spin_lock(&names_lock);
	/* It may be in use again, or was and is queued again. */
	gone = !name->users && !work_pending(work);
	name->gone = gone;
	raw_spin_unlock(&names_lock);
	if (gone) {
		atomic_long_dec(&brkwatch_names_stats.names);
		proc_remove(name->entry);
		xa_cmpxchg(&names, name->nr, name, NULL, GFP_KERNEL);
		kfree_rcu(name, rcu);
	}
	atomic_long_dec(&brkwatch_names_stats.removals);
}

/* ---- the set, worker only ---- */

static struct brkwatch_name *name_create(pid_t nr)
{
	struct brkwatch_name *name = kzalloc(sizeof(*name), GFP_KERNEL);
	char text[12];

	if (!name)
		return NULL;
	name->nr = nr;
	name->users = 1;
	INIT_WORK(&name->removal, remove);
	if (xa_err(xa_store(&names, nr, name, GFP_KERNEL))) {
		kfree(name);
		return NULL;
	}
	atomic_long_inc(&brkwatch_names_stats.names);
	snprintf(text, sizeof(text), "%d", nr);
	name->entry = proc_create(text, 0444, directory, entry_ops);
	if (name->entry)
		return name;
	/* A task inside an older entry of this number may have found it already. */
	raw_spin_lock(&names_lock);
	name->gone = true;
	raw_spin_unlock(&names_lock);
	brkwatch_name_leave(name);
	return NULL;
}

static struct brkwatch_name *name_get(pid_t nr)
{
	struct brkwatch_name *name = brkwatch_name_enter(nr);

	if (name)
		return name;
	/* There must not be two entries: is the old one out of the directory? */
	if (xa_load(&names, nr) && brkwatch_access_try(O_PATH, "brkwatch/%d", nr) != -ENOENT)
		return NULL;
	return name_create(nr);
}

/* Drop the first @n numbers of a process, and the reference to it. */
static void numbers_drop(struct pid *pid, unsigned int n, brkwatch_user_t user)
{
	while (n--) {
		brkwatch_name_leave(xa_load(&names, pid->numbers[n].nr));
		if (n)
			brkwatch_share_give(&nested, user, 1);
	}
	put_pid(pid);
}

/* Takes over the reference to @pid. */
static void process_add(struct pid *pid)
{
	struct brkwatch_name *name, *first = NULL;
	struct task_struct *task;
	brkwatch_user_t user;
	u64 start_time;
	unsigned int i;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	/* Reaped meanwhile, and then it is in nobody's share. */
	if (!task) {
		rcu_read_unlock();
		put_pid(pid);
		return;
	}
	user = brkwatch_user_of(__task_cred(task));
	start_time = task->start_time;
	rcu_read_unlock();

	for (i = 0; i <= pid->level; i++) {
		if (i && !brkwatch_share_take(&nested, user, 1))
			break;
		name = name_get(pid->numbers[i].nr);
		if (!name) {
			if (i)
				brkwatch_share_give(&nested, user, 1);
			numbers_drop(pid, i, user);
			WRITE_ONCE(walk_wanted, true);
			return;
		}
		first = first ?: name;
	}
	first->pid = pid;
	first->named = i;
	first->user = user;
	if (start_time > started)
		brkwatch_names_stats.max_delay = max(brkwatch_names_stats.max_delay,
						     ktime_get_ns() - start_time);
}

/* Bring what is known of an initial number up to date. */
static void number_check(pid_t nr)
{
	struct brkwatch_name *name;
	struct pid *pid, *old;

	rcu_read_lock();
	name = xa_load(&names, nr);
	old = name ? name->pid : NULL;
	rcu_read_unlock();
	pid = brkwatch_process_get(nr, &init_pid_ns);
	if (pid == old) {
		put_pid(pid);
		return;
	}
	if (old) {
		name->pid = NULL;
		numbers_drop(old, name->named, name->user);
	}
	if (pid)
		process_add(pid);
}

static pid_t next_number(pid_t nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = brkwatch_next_pid(nr, &init_pid_ns);
	nr = pid ? pid->numbers[0].nr : 0;
	rcu_read_unlock();
	return nr;
}

/* Compare the names with all processes. */
static void walk(void)
{
	struct brkwatch_name *name;
	unsigned long index;
	pid_t nr;

	xa_for_each(&names, index, name) {
		number_check(index);
		cond_resched();
	}
	for (nr = 0; (nr = next_number(nr + 1)); cond_resched())
		number_check(nr);
}

/* Takes the producers' lock: without it, a kfifo has no barrier for its consumer. */
static bool take(pid_t *nr)
{
	bool taken;

	raw_spin_lock_irq(&queue_lock);
	taken = kfifo_get(&queue, nr);
	raw_spin_unlock_irq(&queue_lock);
	return taken;
}

static void update(struct work_struct *work)
{
	unsigned int n = kfifo_len(&queue);
	pid_t nr;

	/* Numbers that are queued meanwhile have started the work again. */
	while (n-- && take(&nr))
		number_check(nr);
	if (!xchg(&walk_wanted, false))
		return;
	brkwatch_names_stats.rescans++;
	walk();
	if (READ_ONCE(walk_wanted))
		queue_delayed_work(wq, &update_work, HZ / 10);
}

/* ---- module ---- */

static void set_running(bool value)
{
	raw_spin_lock_irq(&queue_lock);
	running = value;
	raw_spin_unlock_irq(&queue_lock);
}

/* Name all processes; if memory is short, some are named later. */
int brkwatch_names_start(struct proc_dir_entry *dir, const struct proc_ops *ops)
{
	directory = dir;
	entry_ops = ops;
	started = ktime_get_ns();
	wq = alloc_workqueue("brkwatch_names", WQ_UNBOUND | WQ_HIGHPRI, 0);
	/* Not unbound: there, each that is queued would have a thread at once. */
	removal_wq = alloc_workqueue("brkwatch_removals", WQ_PERCPU,
				     MAX_REMOVALS);
	if (!wq || !removal_wq) {
		brkwatch_names_stop();
		return -ENOMEM;
	}
	walk();
	set_running(true);
	queue_delayed_work(wq, &update_work, 0);
	return 0;
}

/* Remove the directory; no file of a process is open. */
void brkwatch_names_stop(void)
{
	struct brkwatch_name *name;
	unsigned long index;

	set_running(false);
	cancel_delayed_work_sync(&update_work);
	if (wq)
		destroy_workqueue(wq);
	/* Waits for the removals; for names in use they do nothing. */
	if (removal_wq)
		destroy_workqueue(removal_wq);
	proc_remove(directory);
	xa_for_each(&names, index, name) {
		put_pid(name->pid);
		kfree(name);
	}
	xa_destroy(&names);
}
