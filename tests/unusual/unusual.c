// SPDX-License-Identifier: GPL-2.0
/*
 * Does to tasks of these names what a kernel does to hardly any:
 *
 *	brk-fails	brk returns -ENOMEM, whatever it has done
 *	brk-dies	ends inside brk, as after an oops
 *	brk-waits	is inside brk until parameter waits is 0
 *	end-waits	its address space has no users, but is not taken down until then
 *
 * Those that end or wait in brk are growths of locked memory.
 *
 * It is loaded before brkwatch, whose kretprobe then sees what this one returns.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>

static char *brk = "";
module_param(brk, charp, 0444);
MODULE_PARM_DESC(brk, "name of the function sys_brk");

static bool waits = true;
module_param(waits, bool, 0644);

static void (*end)(long code);

static void die(void)
{
	end(0);
}

static void wait(void)
{
	while (READ_ONCE(waits))
		msleep(20);
}

/* Makes tasks of that name call another function instead. */
static int redirect(struct pt_regs *regs, const char *name, void (*function)(void))
{
	if (strcmp(current->comm, name))
		return 0;
	instruction_pointer_set(regs, (unsigned long)function);
	return 1;
}

static int in_populate(struct kprobe *p, struct pt_regs *regs)
{
	return redirect(regs, "brk-dies", die) || redirect(regs, "brk-waits", wait);
}

static int in_exit(struct kprobe *p, struct pt_regs *regs)
{
	return redirect(regs, "end-waits", wait);
}

/* With one, kprobes leave the instruction pointer to the handler. */
static void after(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static int returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (!strcmp(current->comm, "brk-fails"))
		regs_set_return_value(regs, -ENOMEM);
	return 0;
}

static struct kprobe do_exit_probe = { .symbol_name = "do_exit" };
static struct kprobe populate_probe = {
	.symbol_name = "__mm_populate", .pre_handler = in_populate, .post_handler = after,
};

static struct kprobe exit_probe = {
	.symbol_name = "exit_aio", .pre_handler = in_exit, .post_handler = after,
};

static struct kprobe *probes[] = { &do_exit_probe, &populate_probe, &exit_probe };
static struct kretprobe brk_probe = { .handler = returned, .maxactive = 64 };

static int __init unusual_init(void)
{
	int err;

	err = register_kprobes(probes, ARRAY_SIZE(probes));
	if (err)
		return err;
	/* Only to learn where it is. */
	end = (void *)do_exit_probe.addr;
	brk_probe.kp.symbol_name = brk;
	err = register_kretprobe(&brk_probe);
	if (err)
		unregister_kprobes(probes, ARRAY_SIZE(probes));
	return err;
}

static void __exit unusual_exit(void)
{
	unregister_kretprobe(&brk_probe);
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(unusual_init);
module_exit(unusual_exit);
MODULE_DESCRIPTION("What brkwatch hardly ever meets");
MODULE_LICENSE("GPL");
