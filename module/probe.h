/* SPDX-License-Identifier: GPL-2.0 */
/* Where the module sits in the kernel. */
#ifndef BRKWATCH_PROBE_H
#define BRKWATCH_PROBE_H

#include <linux/percpu.h>

struct seq_file;

enum brkwatch_probe {
	BRKWATCH_PROBE_EXIT_MMAP,
	BRKWATCH_PROBE_DO_BRK_FLAGS,
	BRKWATCH_PROBE_FORK,
	BRKWATCH_PROBE_FREE,
	BRKWATCH_PROBE_SYS_BRK_COMPAT,
	BRKWATCH_PROBE_SYS_BRK,
	BRKWATCH_PROBES,
};

DECLARE_PER_CPU(unsigned long [BRKWATCH_PROBES], brkwatch_hits);

static inline void brkwatch_probe_hit(enum brkwatch_probe i)
{
	this_cpu_inc(brkwatch_hits[i]);
}

int brkwatch_probe_init(void);
void brkwatch_probe_exit(void);
void brkwatch_probe_show(struct seq_file *m);
unsigned long brkwatch_probe_missed(void);

#endif
