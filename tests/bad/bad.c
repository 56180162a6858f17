// SPDX-License-Identifier: GPL-2.0
/*
 * Has the bug that the parameter names, one of each kind that the debug kernels
 * are there to find: if the tests stayed green with this one loaded, their green
 * would mean nothing.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *bug = "";
module_param(bug, charp, 0444);

static int number;
static void *volatile lost;

static void use_after_free(void)
{
	int *volatile p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return;
	kfree(p);
	number = *p;
}

static int sleeping_handler(struct kprobe *p, struct pt_regs *regs)
{
	kfree(kmalloc(64, GFP_KERNEL));
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "do_brk_flags",
	.pre_handler = sleeping_handler,
};

static DEFINE_SPINLOCK(a);
static DEFINE_SPINLOCK(b);

static void inversion(void)
{
	spin_lock(&a);
	spin_lock(&b);
	spin_unlock(&b);
	spin_unlock(&a);
	spin_lock(&b);
	spin_lock(&a);
	spin_unlock(&a);
	spin_unlock(&b);
}

static void leak(void)
{
	int i;

	for (i = 0; i < 10; i++)
		lost = kmalloc(64, GFP_KERNEL);
	lost = NULL;
}

static int count(void *unused)
{
	while (!kthread_should_stop()) {
		int i;

		for (i = 0; i < 10000; i++)
			number++;
		cond_resched();
	}
	return 0;
}

static void race(void)
{
	struct task_struct *threads[2];
	int i;

	for (i = 0; i < 2; i++)
		threads[i] = kthread_run(count, NULL, "bad/%d", i);
	msleep(3000);
	for (i = 0; i < 2; i++)
		if (!IS_ERR(threads[i]))
			kthread_stop(threads[i]);
}

static int __init bad_init(void)
{
	if (!strcmp(bug, "use-after-free"))
		use_after_free();
	else if (!strcmp(bug, "sleep"))
		return register_kprobe(&probe);
	else if (!strcmp(bug, "inversion"))
		inversion();
	else if (!strcmp(bug, "leak"))
		leak();
	else if (!strcmp(bug, "race"))
		race();
	else
		return -EINVAL;
	return 0;
}

static void __exit bad_exit(void)
{
	if (!strcmp(bug, "sleep"))
		unregister_kprobe(&probe);
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_DESCRIPTION("Bugs for the tests to find");
MODULE_LICENSE("GPL");
