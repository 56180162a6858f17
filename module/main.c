// SPDX-License-Identifier: GPL-2.0
/* Brings the parts up in order and takes them down backwards. */
#include "brkwatch.h"

#include <linux/module.h>

#include "probe.h"
#include "proc.h"
#include "record.h"

int brkwatch_check_parameter(const char *name, unsigned int value,
			     unsigned int min, unsigned int max)
{
	if (value >= min && value <= max)
		return 0;
	pr_err("parameter %s=%u is out of range, %u to %u\n", name, value, min,
	       max);
	return -EINVAL;
}

static const struct {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ brkwatch_clock_init, brkwatch_clock_exit },
	{ brkwatch_exited_init, brkwatch_exited_exit },
	{ brkwatch_record_init, brkwatch_record_exit },
	{ brkwatch_access_init, brkwatch_access_exit },
	{ brkwatch_probe_init, brkwatch_probe_exit },
	{ brkwatch_proc_init, brkwatch_names_stop },
};

static void take_down(unsigned int n)
{
	while (n--)
		parts[n].exit();
}

static int __init brkwatch_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		err = parts[i].init();
		if (err) {
			take_down(i);
			return err;
		}
	}
	pr_info("version " BRKWATCH_VERSION " loaded\n");
	return 0;
}

static void __exit brkwatch_exit(void)
{
	take_down(ARRAY_SIZE(parts));
}

module_init(brkwatch_init);
module_exit(brkwatch_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What brk(2) does to each process's heap, and why it was refused, under /proc/brkwatch");
MODULE_VERSION(BRKWATCH_VERSION);
