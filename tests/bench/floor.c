// SPDX-License-Identifier: GPL-2.0
/*
 * The least that a module can cost that sees both ends of sys_brk, and
 * do_brk_flags: the probes that brkwatch has, with nothing in them.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 0;
}

static int sys_brk_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 0;
}

static int do_brk_flags_entry(struct kprobe *p, struct pt_regs *regs)
{
	return 0;
}

static struct kretprobe sys_brk = {
	.kp.symbol_name = "__x64_sys_brk",
	.entry_handler = entry,
	.handler = sys_brk_return,
	.maxactive = 1024,
};

static struct kprobe do_brk_flags = {
	.symbol_name = "do_brk_flags",
	.pre_handler = do_brk_flags_entry,
};

static int __init floor_init(void)
{
	int err = register_kretprobe(&sys_brk);

	if (err)
		return err;
	err = register_kprobe(&do_brk_flags);
	if (err)
		unregister_kretprobe(&sys_brk);
	return err;
}

static void __exit floor_exit(void)
{
	unregister_kprobe(&do_brk_flags);
	unregister_kretprobe(&sys_brk);
}

module_init(floor_init);
module_exit(floor_exit);
MODULE_DESCRIPTION("Empty probes where brkwatch has its own");
MODULE_LICENSE("GPL");
