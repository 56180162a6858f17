// SPDX-License-Identifier: GPL-2.0
/* /proc/brkwatch/stats: how the module itself fares. Holds no address. */
#include "brkwatch.h"

#include <linux/fs.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "clock.h"
#include "names.h"
#include "probe.h"
#include "proc.h"
#include "record.h"

static void show_probe(struct seq_file *m, const struct brkwatch_probe_stats *probe)
{
	seq_printf(m, "%s\t%s\t%s\t%s\t%s\t%lu\t%lu\n", probe->name,
		   probe->symbol ?: "-", probe->kind,
		   probe->armed ? "armed" : "absent",
		   probe->ftrace ? "yes" : "no", probe->hits, probe->missed);
}

static void show_totals(struct seq_file *m)
{
	struct brkwatch_totals totals;
	unsigned long calls = 0;
	int i;

	brkwatch_record_get_totals(&totals);
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
	struct brkwatch_record_stats records;
	struct brkwatch_names_stats names;
	struct brkwatch_probe_stats probe;
	unsigned int i;

	brkwatch_record_get_stats(&records);
	brkwatch_names_get_stats(&names);

	seq_printf(m, "Version:\t%s\n", BRKWATCH_VERSION);
	seq_printf(m, "Format:\t%d\n", BRKWATCH_FORMAT);
	seq_printf(m, "Records:\t%lu\n", records.live);
	seq_printf(m, "RecordsLimit:\t%lu\n", records.limit);
	seq_printf(m, "RecordsRefused:\t%lu\n", records.refused);
	seq_printf(m, "RecordsSpare:\t%lu\n", records.spare);
	seq_printf(m, "RecordsExhausted:\t%lu\n", records.exhausted);
	seq_printf(m, "LostNoRecord:\t%lu\n", records.unrecorded);
	seq_printf(m, "LostMissed:\t%lu\n", brkwatch_probe_missed());
	seq_printf(m, "Names:\t%lu\n", names.names);
	seq_printf(m, "NamesDelayMaxNs:\t%llu\n", names.max_delay);
	seq_printf(m, "NamesRescans:\t%lu\n", names.rescans);
	seq_printf(m, "MemoryBytes:\t%lu\n", records.bytes);
	show_totals(m);
	seq_puts(m, "RealtimeOffsets:\t");
	brkwatch_clock_show(m);
	seq_printf(m, "\nNamesRemoving:\t%lu\n", names.removals);
	seq_puts(m, "\nprobe\tsymbol\tkind\tstate\tftrace\thits\tmissed\n");
	for (i = 0; brkwatch_probe_get_stats(i, &probe); i++)
		show_probe(m, &probe);
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
