/* SPDX-License-Identifier: GPL-2.0 */
/* Where the module sits in the kernel. */
#ifndef BRKWATCH_PROBE_H
#define BRKWATCH_PROBE_H

#include <linux/percpu.h>
#include <linux/types.h>

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

/**
 * struct brkwatch_probe_stats - health of one probe
 * @name: what it is for
 * @symbol: the function or tracepoint it sits on, or NULL if there is none here
 * @kind: kprobe, kretprobe or tracepoint
 * @armed: whether it could be registered
 * @ftrace: whether it rides on the function tracer's hook, not on a breakpoint
 * @hits: times its handler ran
 * @missed: times it could not run
 */
struct brkwatch_probe_stats {
	const char *name, *symbol, *kind;
	bool armed, ftrace;
	unsigned long hits, missed;
};

int brkwatch_probe_init(void);
void brkwatch_probe_exit(void);
bool brkwatch_probe_get_stats(unsigned int i, struct brkwatch_probe_stats *stats);
unsigned long brkwatch_probe_missed(void);

#endif
