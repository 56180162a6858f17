// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the numbers under /proc/brkwatch in step with the processes.
 *
 * The worker is the only one to change the set; it compares with what the
 * kernel says at that moment, so that an event that comes late, twice or not
 * at all does no harm: what the queue cannot hold makes it walk all processes.
 */
#include "brkwatch.h"

#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "names.h"

/* A build may have fewer, which is how the tests see it overflow. */
#ifndef QUEUE_SIZE
#define QUEUE_SIZE	4096
#endif

/* A process that was forked, or the number of one that is gone. */
struct change {
	struct pid *forked;
	pid_t freed;
};

/* Taken in tracepoint handlers; no interrupt but the softirq that frees tasks. */
static DEFINE_RAW_SPINLOCK(queue_lock);
static struct change *queue;
static unsigned int queued;
static bool overflown;
static bool running;			/* the worker may be started, names opened */

static void update(struct work_struct *work);
static DECLARE_DELAYED_WORK(update_work, update);
static struct workqueue_struct *wq;

/* The worker's, and brkwatch_names_start()'s before there is one. */
static struct change *batch;
static DEFINE_XARRAY(processes);	/* initial number -> struct pid */
static DEFINE_XARRAY(names);		/* number -> struct brkwatch_name */
static struct proc_dir_entry *directory;
static umode_t entry_mode;
static const struct proc_ops *entry_ops;
static bool walk_again;

/* The counters of each name. */
static DEFINE_SPINLOCK(names_lock);
static LIST_HEAD(idle_names);

static unsigned long count, rescans;
static u64 max_delay;

/* ---- what comes in ---- */

static void kick_locked(unsigned long delay)
{
	lockdep_assert_held(&queue_lock);
	if (running)
		queue_delayed_work(wq, &update_work, delay);
}

static void kick(unsigned long delay)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&queue_lock, flags);
	kick_locked(delay);
	raw_spin_unlock_irqrestore(&queue_lock, flags);
}

static bool enqueue(struct change change)
{
	unsigned long flags;
	bool room;

	raw_spin_lock_irqsave(&queue_lock, flags);
	room = queued < QUEUE_SIZE;
	if (room)
		queue[queued++] = change;
	else
		overflown = true;
	/* One tick: time enough for a short-lived process to end unnamed. */
	kick_locked(1);
	raw_spin_unlock_irqrestore(&queue_lock, flags);
	return room;
}

/**
 * brkwatch_names_add() - a process was forked
 * @pid: its number
 *
 * Context: any.
 */
void brkwatch_names_add(struct pid *pid)
{
	struct change change = { .forked = get_pid(pid) };

	if (!enqueue(change))
		put_pid(pid);
}

/**
 * brkwatch_names_remove() - a process is gone and its number free
 * @nr: the number in the initial pid namespace
 *
 * Context: any.
 */
void brkwatch_names_remove(pid_t nr)
{
	enqueue((struct change) { .freed = nr });
}

/**
 * brkwatch_name_get() - a descriptor is about to be opened
 * @name: the name, found through its proc entry
 *
 * Return: false if the name is on its way out.
 */
bool brkwatch_name_get(struct brkwatch_name *name)
{
	bool ok;

	spin_lock(&names_lock);
	/* While the first ones are made they may all have to go again. */
	ok = !name->doomed && READ_ONCE(running);
	if (ok)
		name->open++;
	spin_unlock(&names_lock);
	return ok;
}

/**
 * brkwatch_name_put() - undo brkwatch_name_get()
 * @name: the name; the proc entry's, still being operated on
 */
void brkwatch_name_put(struct brkwatch_name *name)
{
	bool idle;

	spin_lock(&names_lock);
	idle = !--name->open && !name->processes;
	if (idle && list_empty(&name->idle))
		list_add(&name->idle, &idle_names);
	spin_unlock(&names_lock);
	if (idle)
		kick(0);
}

/* ---- the set, worker only ---- */

static void name_destroy(struct brkwatch_name *name)
{
	proc_remove(name->entry);
	kfree(name);
}

static struct brkwatch_name *name_create(pid_t nr)
{
	struct brkwatch_name *name = kzalloc(sizeof(*name), GFP_KERNEL);
	char text[12];

	if (!name)
		return NULL;
	INIT_LIST_HEAD(&name->idle);
	name->nr = nr;
	snprintf(text, sizeof(text), "%d", nr);
	if (xa_err(xa_store(&names, nr, name, GFP_KERNEL)))
		goto err_free;
	name->entry = proc_create_data(text, entry_mode, directory, entry_ops,
				       name);
	if (!name->entry)
		goto err_erase;
	count++;
	return name;

err_erase:
	xa_erase(&names, nr);
err_free:
	kfree(name);
	return NULL;
}

/* Remove a name that nobody has any more, unless it came into use again. */
static void name_reap(struct brkwatch_name *name)
{
	spin_lock(&names_lock);
	list_del_init(&name->idle);
	name->doomed = !name->processes && !name->open;
	spin_unlock(&names_lock);
	if (!name->doomed)
		return;
	xa_erase(&names, name->nr);
	name_destroy(name);
	count--;
}

static void number_drop(pid_t nr)
{
	struct brkwatch_name *name = xa_load(&names, nr);
	bool last;

	if (WARN_ON_ONCE(!name))
		return;
	spin_lock(&names_lock);
	last = !--name->processes;
	spin_unlock(&names_lock);
	if (last)
		name_reap(name);
}

static bool number_add(pid_t nr)
{
	struct brkwatch_name *name = xa_load(&names, nr) ?: name_create(nr);

	if (!name)
		return false;
	spin_lock(&names_lock);
	name->processes++;
	spin_unlock(&names_lock);
	return true;
}

static void process_drop(struct pid *pid)
{
	unsigned int i;

	xa_erase(&processes, pid->numbers[0].nr);
	for (i = 0; i <= pid->level; i++)
		number_drop(pid->numbers[i].nr);
	put_pid(pid);
}

/* When the process of this number was forked; 0 if it is gone. */
static u64 process_start(struct pid *pid)
{
	struct task_struct *task;
	u64 start = 0;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	if (task)
		start = max(task->start_time, 1ULL);
	rcu_read_unlock();
	return start;
}

/* Takes over the reference to @pid. */
static void process_add(struct pid *pid, bool late)
{
	struct pid *old = xa_load(&processes, pid->numbers[0].nr);
	u64 now, start = process_start(pid);
	int i;

	if (old == pid || !start)
		goto out;
	if (old)
		process_drop(old);
	if (xa_err(xa_store(&processes, pid->numbers[0].nr, pid, GFP_KERNEL)))
		goto out_again;
	for (i = 0; i <= pid->level; i++)
		if (!number_add(pid->numbers[i].nr))
			goto out_undo;
	now = ktime_get_ns();
	if (late && now - start > max_delay)
		max_delay = now - start;
	return;

out_undo:
	while (--i >= 0)
		number_drop(pid->numbers[i].nr);
	xa_erase(&processes, pid->numbers[0].nr);
out_again:
	walk_again = true;
out:
	put_pid(pid);
}

static void process_check(pid_t nr)
{
	struct pid *pid = xa_load(&processes, nr);

	if (pid && !process_start(pid))
		process_drop(pid);
}

static struct pid *next_pid(int nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = get_pid(find_ge_pid(nr, &init_pid_ns));
	rcu_read_unlock();
	return pid;
}

/* Compare with all processes there are. */
static void walk(bool late)
{
	unsigned long nr;
	struct pid *pid;

	xa_for_each(&processes, nr, pid) {
		process_check(nr);
		cond_resched();
	}
	for (nr = 1; (pid = next_pid(nr)); cond_resched()) {
		nr = pid->numbers[0].nr + 1;
		process_add(pid, late);
	}
}

static void reap_idle(void)
{
	struct brkwatch_name *name;

	for (;;) {
		spin_lock(&names_lock);
		name = list_first_entry_or_null(&idle_names,
						struct brkwatch_name, idle);
		spin_unlock(&names_lock);
		if (!name)
			break;
		name_reap(name);
	}
}

/* The queue becomes the batch; the old batch, worked off, the queue. */
static unsigned int take_batch(void)
{
	unsigned int n;

	raw_spin_lock_irq(&queue_lock);
	n = queued;
	swap(queue, batch);
	queued = 0;
	if (overflown)
		walk_again = true;
	overflown = false;
	raw_spin_unlock_irq(&queue_lock);
	return n;
}

static void update(struct work_struct *work)
{
	unsigned int i, n = take_batch();

	for (i = 0; i < n; i++) {
		if (batch[i].forked)
			process_add(batch[i].forked, true);
		else
			process_check(batch[i].freed);
	}
	reap_idle();

	if (walk_again) {
		walk_again = false;
		rescans++;
		walk(true);
		if (walk_again)
			kick(HZ / 10);
	}
}

/**
 * brkwatch_names_get_stats() - how the names fare
 * @stats: where to put it
 */
void brkwatch_names_get_stats(struct brkwatch_names_stats *stats)
{
	stats->names = READ_ONCE(count);
	stats->rescans = READ_ONCE(rescans);
	stats->max_delay = READ_ONCE(max_delay);
}

/* ---- module ---- */

static void set_running(bool value)
{
	raw_spin_lock_irq(&queue_lock);
	WRITE_ONCE(running, value);
	raw_spin_unlock_irq(&queue_lock);
}

/**
 * brkwatch_names_start() - name the processes there are, and go on doing so
 * @dir: where the names go
 * @mode: the entries' mode
 * @ops: the entries' operations; their data is the struct brkwatch_name
 *
 * Return: 0, or -ENOMEM.
 */
int brkwatch_names_start(struct proc_dir_entry *dir, umode_t mode,
			 const struct proc_ops *ops)
{
	directory = dir;
	entry_mode = mode;
	entry_ops = ops;
	walk(false);
	if (walk_again) {
		brkwatch_names_stop();
		return -ENOMEM;
	}
	set_running(true);
	kick(0);
	return 0;
}

/** brkwatch_names_stop() - remove the names; no descriptor is open */
void brkwatch_names_stop(void)
{
	struct brkwatch_name *name;
	unsigned long nr;
	struct pid *pid;

	set_running(false);
	cancel_delayed_work_sync(&update_work);
	xa_for_each(&names, nr, name)
		name_destroy(name);
	xa_for_each(&processes, nr, pid)
		put_pid(pid);
	xa_destroy(&names);
	xa_destroy(&processes);
}

int brkwatch_names_init(void)
{
	queue = kvmalloc_array(QUEUE_SIZE, sizeof(*queue), GFP_KERNEL);
	batch = kvmalloc_array(QUEUE_SIZE, sizeof(*batch), GFP_KERNEL);
	wq = alloc_workqueue("brkwatch_names", WQ_UNBOUND, 0);
	if (queue && batch && wq)
		return 0;
	if (wq)
		destroy_workqueue(wq);
	kvfree(batch);
	kvfree(queue);
	return -ENOMEM;
}

/* No probe is armed any more. */
void brkwatch_names_exit(void)
{
	unsigned int i, n = take_batch();

	for (i = 0; i < n; i++)
		put_pid(batch[i].forked);
	destroy_workqueue(wq);
	kvfree(batch);
	kvfree(queue);
}
