// SPDX-License-Identifier: GPL-2.0
/* The last known records of processes that exited recently. */
#include "brkwatch.h"

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "record.h"
#include "row.h"

static unsigned int max_exited = 64;
module_param_named(exited, max_exited, uint, 0444);
MODULE_PARM_DESC(exited, "exited processes remembered, 0 to 65536 (default 64)");

/* A ring, of which @filled rows are in use; @next is overwritten next. */
static DEFINE_MUTEX(lock);
static struct brkwatch_row *rows;
static unsigned int next, filled;

/**
 * brkwatch_row_fill() - put a record into one line
 * @row: where to; @pid, @uid and @end are left alone
 * @record: the record
 */
void brkwatch_row_fill(struct brkwatch_row *row, struct brkwatch_record *record)
{
	const struct brkwatch_history *history = &record->history;
	u64 last;

	raw_spin_lock(&record->lock);
	memcpy(row->comm, record->comm, sizeof(row->comm));
	row->start_brk = record->start_brk;
	row->brk = record->brk;
	row->peak = max(record->peak, brkwatch_heap(row->start_brk, row->brk));
	memcpy(row->counts, record->counts, sizeof(row->counts));
	row->grown = record->grown;
	row->shrunk = record->shrunk;
	row->space = record->space;
	last = history->last - record->ended;
	if (last >= history->first)
		row->last = history->ring[last & history->mask];
	else
		memset(&row->last, 0, sizeof(row->last));
	row->evidence = brkwatch_record_evidence(record, last);
	raw_spin_unlock(&record->lock);
}

/**
 * brkwatch_exited_add() - remember a process that has exited
 * @record: its record, which has ended
 *
 * Context: process.
 */
void brkwatch_exited_add(struct brkwatch_record *record)
{
	struct brkwatch_row *row;

	if (!max_exited)
		return;
	mutex_lock(&lock);
	row = &rows[next];
	next = (next + 1) % max_exited;
	filled = min(filled + 1, max_exited);
	put_pid(row->pid);
	row->pid = get_pid(record->tgid);
	row->uid = record->uid;
	row->end = record->last_time;
	brkwatch_row_fill(row, record);
	mutex_unlock(&lock);
}

/**
 * brkwatch_exited_for_each() - look at the exited processes, newest first
 * @show: called for each; none comes or goes meanwhile, so it must not wait
 *	for anybody
 * @data: for @show
 *
 * Context: process.
 */
void brkwatch_exited_for_each(void (*show)(const struct brkwatch_row *row,
					   void *data), void *data)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 1; i <= filled; i++)
		show(&rows[(next + max_exited - i) % max_exited], data);
	mutex_unlock(&lock);
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
