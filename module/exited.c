// SPDX-License-Identifier: GPL-2.0
/* The last known records of processes that exited recently. */
#include "brkwatch.h"

#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "record.h"
#include "row.h"

static unsigned int max_exited = 64;
module_param_named(exited, max_exited, uint, 0444);
MODULE_PARM_DESC(exited, "exited processes remembered, 0 to 65536 (default 64)");

/* A ring: the n-th that was added, from 0, is in row n % max_exited. */
static DEFINE_RAW_SPINLOCK(lock);
static struct brkwatch_row *rows;
static unsigned long added;

/* Put a record into one line, but for @pid, @uid and @end. */
void brkwatch_row_fill(struct brkwatch_row *row, struct brkwatch_record *record)
{
	const struct brkwatch_history *history = &record->history;
	u64 last;

	raw_spin_lock(&record->lock);
	memcpy(row->comm, record->comm, sizeof(row->comm));
	row->start_brk = record->start_brk;
	row->brk = record->brk;
	row->peak = max(record->peak, brkwatch_heap(row->start_brk, row->brk));
	row->sums = record->sums;
	row->space = record->space;
	last = history->last - record->ended;
	if (last >= history->first)
		row->last = history->ring[last & history->mask];
	else
		memset(&row->last, 0, sizeof(row->last));
	row->evidence = brkwatch_record_evidence(record, last);
	raw_spin_unlock(&record->lock);
}

/* Remember a process whose record has ended. Context: process. */
void brkwatch_exited_add(struct brkwatch_record *record)
{
	struct brkwatch_row row = {
		.pid = get_pid(record->tgid),
		.uid = record->uid,
		.end = record->last_time,
	};

	brkwatch_row_fill(&row, record);
	if (max_exited) {
		raw_spin_lock(&lock);
		swap(row, rows[added % max_exited]);
		added++;
		raw_spin_unlock(&lock);
	}
	put_pid(row.pid);
}

/* How many there have been. */
unsigned long brkwatch_exited_count(void)
{
	return READ_ONCE(added);
}

/*
 * A copy of the @n-th row, from 0, with a reference to its pid. Return: false if it
 * is not remembered any more, or not yet.
 */
bool brkwatch_exited_get(unsigned long n, struct brkwatch_row *row)
{
	bool found;

	raw_spin_lock(&lock);
	found = added - n - 1 < min_t(unsigned long, added, max_exited);
	if (found) {
		*row = rows[n % max_exited];
		get_pid(row->pid);
	}
	raw_spin_unlock(&lock);
	return found;
}

int brkwatch_exited_init(void)
{
	int err = brkwatch_check_parameter("exited", max_exited, 0, 1 << 16);

	if (err)
		return err;
	rows = kvcalloc(max(max_exited, 1U), sizeof(*rows), GFP_KERNEL);
	return rows ? 0 : -ENOMEM;
}

void brkwatch_exited_exit(void)
{
	unsigned int i;

	for (i = 0; i < max_exited; i++)
		put_pid(rows[i].pid);
	kvfree(rows);
}
