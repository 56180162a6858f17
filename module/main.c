// SPDX-License-Identifier: GPL-2.0
/* Brings the parts up in order and takes them down backwards. */
#include "brkwatch.h"

#include <linux/module.h>

#include "access.h"
#include "clock.h"
#include "probe.h"
#include "proc.h"
#include "record.h"
#include "row.h"

int brkwatch_check_parameter(const char *name, unsigned int value,
			     unsigned int min, unsigned int max)
{
	if (value >= min && value <= max)
		return 0;
	pr_err("parameter %s=%u is out of range, %u to %u\n", name, value, min,
	       max);
	return -EINVAL;
}

static int __init brkwatch_init(void)
{
	int err;

	err = brkwatch_clock_init();
	if (err)
		return err;
	err = brkwatch_exited_init();
	if (err)
		goto err_clock;
	err = brkwatch_record_init();
	if (err)
		goto err_exited;
	err = brkwatch_access_init();
	if (err)
		goto err_record;
	err = brkwatch_probe_init();
	if (err)
		goto err_access;
	err = brkwatch_proc_init();
	if (err)
		goto err_probe;

	pr_info("version " BRKWATCH_VERSION " loaded\n");
	return 0;

err_probe:
	brkwatch_probe_exit();
err_access:
	brkwatch_access_exit();
err_record:
	brkwatch_record_exit();
err_exited:
	brkwatch_exited_exit();
err_clock:
	brkwatch_clock_exit();
	return err;
}

static void __exit brkwatch_exit(void)
{
	brkwatch_proc_exit();
	brkwatch_probe_exit();
	brkwatch_access_exit();
	brkwatch_record_exit();
	brkwatch_exited_exit();
	brkwatch_clock_exit();
}

module_init(brkwatch_init);
module_exit(brkwatch_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What brk(2) does to each process's heap, and why it was refused, under /proc/brkwatch");
MODULE_VERSION(BRKWATCH_VERSION);
