// SPDX-License-Identifier: GPL-2.0
/*
 * Events have the time of CLOCK_MONOTONIC, people want to know the time of day.
 * The distance between the two changes only when the clock is set, and when the
 * machine has slept, because CLOCK_MONOTONIC stands still then. It is kept
 * since when which was right.
 */
#include "brkwatch.h"

#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "proc.h"

#define OFFSETS	16

/* Raw: a reader of stats must not be preempted while it holds this, as others wait. */
static DEFINE_RAW_SPINLOCK(lock);
static struct offset {
	u64 since;
	s64 ns;
} offsets[OFFSETS];
static unsigned int n_offsets;

static atomic64_t set_at;

static void note_offset(struct work_struct *work)
{
	struct offset now = {
		.since = atomic64_read(&set_at),
		.ns = ktime_to_ns(ktime_mono_to_real(0)),
	};

	raw_spin_lock(&lock);
	if (!n_offsets || offsets[n_offsets - 1].ns != now.ns) {
		if (n_offsets == OFFSETS)
			memmove(offsets, offsets + 1, --n_offsets * sizeof(now));
		offsets[n_offsets++] = now;
	}
	raw_spin_unlock(&lock);
}

static DECLARE_WORK(note_work, note_offset);

static void note_soon(struct irq_work *work)
{
	schedule_work(&note_work);
}

static DEFINE_IRQ_WORK(note_irq_work, note_soon);

/*
 * Context: with each tick, under the locks of timekeeping: no clock but the fast
 * one may be read, and nothing may be woken.
 */
static int clock_changed(struct notifier_block *block, unsigned long was_set,
			 void *timekeeper)
{
	if (was_set) {
		atomic64_set(&set_at, ktime_get_mono_fast_ns());
		irq_work_queue(&note_irq_work);
	}
	return NOTIFY_DONE;
}

static struct notifier_block clock_block = { .notifier_call = clock_changed };

/*
 * Offsets from CLOCK_MONOTONIC to CLOCK_REALTIME, oldest first, each with the time
 * since when it applies. The first one applies to all earlier times.
 */
void brkwatch_clock_show(struct seq_file *m)
{
	unsigned int i;

	/* The clock may just have been set. */
	flush_work(&note_work);
	raw_spin_lock(&lock);
	for (i = 0; i < n_offsets; i++)
		seq_printf(m, "%s%llu=%lld", i ? " " : "", offsets[i].since,
			   offsets[i].ns);
	raw_spin_unlock(&lock);
}

int brkwatch_clock_init(void)
{
	atomic64_set(&set_at, ktime_get_mono_fast_ns());
	note_offset(NULL);
	return pvclock_gtod_register_notifier(&clock_block);
}

void brkwatch_clock_exit(void)
{
	pvclock_gtod_unregister_notifier(&clock_block);
	irq_work_sync(&note_irq_work);
	cancel_work_sync(&note_work);
}
