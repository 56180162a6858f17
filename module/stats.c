// SPDX-License-Identifier: GPL-2.0
/* /proc/brkwatch/stats: how the module itself fares. Holds no address. */
#include "brkwatch.h"

#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "call.h"
#include "probe.h"
#include "proc.h"
#include "record.h"

static void add(unsigned long *to, const unsigned long *from, unsigned int n)
{
	while (n--)
		to[n] += READ_ONCE(from[n]);
}

static void show_totals(struct seq_file *m)
{
	struct brkwatch_totals totals = {};
	unsigned long calls = 0;
	int i;

	for_each_possible_cpu(i) {
		const struct brkwatch_totals *part = per_cpu_ptr(&brkwatch_totals, i);

		add(totals.counts, part->counts, BRKWATCH_CALL_KINDS);
		add(totals.reasons, part->reasons, BRKWATCH_REASONS);
		add(&totals.grown, &part->grown, 1);
		add(&totals.shrunk, &part->shrunk, 1);
		add(&totals.lost, &part->lost, 1);
	}
	for (i = 0; i < BRKWATCH_CALL_KINDS; i++)
		calls += totals.counts[i];
	seq_printf(m, "TotalCalls:\t%lu\n", calls);
	seq_printf(m, "TotalGrows:\t%lu\n", totals.counts[BRKWATCH_GROW]);
	seq_printf(m, "TotalShrinks:\t%lu\n", totals.counts[BRKWATCH_SHRINK]);
	seq_printf(m, "TotalRefused:\t%lu\n", totals.counts[BRKWATCH_REFUSED]);
	seq_printf(m, "TotalGrownBytes:\t%llu\n", (u64)totals.grown << PAGE_SHIFT);
	seq_printf(m, "TotalShrunkBytes:\t%llu\n", (u64)totals.shrunk << PAGE_SHIFT);
	seq_puts(m, "RefusedFor:\t");
	for (i = BRKWATCH_NO_REASON + 1; i < BRKWATCH_REASONS; i++)
		seq_printf(m, "%s%s=%lu", i == BRKWATCH_NO_REASON + 1 ? "" : " ",
			   brkwatch_reason_names[i], totals.reasons[i]);
	seq_printf(m, "\nTotalLost:\t%lu\n", totals.lost);
}

static int stats_show(struct seq_file *m, void *unused)
{
	const struct brkwatch_names_stats *names = &brkwatch_names_stats;

	seq_printf(m, "Version:\t%s\n", BRKWATCH_VERSION);
	seq_printf(m, "Format:\t%d\n", BRKWATCH_FORMAT);
	brkwatch_pool_show(m);
	seq_printf(m, "LostNoRecord:\t%lu\n", atomic_long_read(&brkwatch_unrecorded));
	seq_printf(m, "LostMissed:\t%lu\n", brkwatch_probe_missed());
	seq_printf(m, "Names:\t%lu\n", atomic_long_read(&names->names));
	seq_printf(m, "NamesDelayMaxNs:\t%llu\n", READ_ONCE(names->max_delay));
	seq_printf(m, "NamesRescans:\t%lu\n", READ_ONCE(names->rescans));
	seq_printf(m, "MemoryBytes:\t%lu\n", brkwatch_pool_memory() +
		   (sizeof(*brkwatch_records) << brkwatch_records_bits));
	show_totals(m);
	seq_puts(m, "RealtimeOffsets:\t");
	brkwatch_clock_show(m);
	seq_printf(m, "\nNamesRemoving:\t%lu\n\n", atomic_long_read(&names->removals));
	brkwatch_probe_show(m);
	return 0;
}

static int stats_open(struct inode *inode, struct file *file)
{
	return single_open(file, stats_show, NULL);
}

const struct proc_ops brkwatch_stats_ops = {
	.proc_open = stats_open,
	.proc_read_iter = brkwatch_list_read,
	.proc_lseek = no_seek_end_llseek,
	.proc_release = single_release,
};
