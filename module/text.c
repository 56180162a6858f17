// SPDX-License-Identifier: GPL-2.0
/* How a snapshot reads: the text of /proc/brkwatch/<pid>. */
#include "brkwatch.h"

#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/resource.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>

#include "proc.h"
#include "record.h"

const char *const brkwatch_kind_names[BRKWATCH_KINDS] = {
	[BRKWATCH_QUERY] = "query",
	[BRKWATCH_GROW] = "grow",
	[BRKWATCH_SHRINK] = "shrink",
	[BRKWATCH_MOVE] = "move",
	[BRKWATCH_SAME] = "same",
	[BRKWATCH_REFUSED] = "refused",
	[BRKWATCH_FORK] = "fork",
	[BRKWATCH_EXTERNAL] = "external",
	[BRKWATCH_RESYNC] = "resync",
	[BRKWATCH_END] = "end",
};

const char *const brkwatch_reason_names[BRKWATCH_REASONS] = {
	[BRKWATCH_NO_REASON] = "-",
	[BRKWATCH_KILLED] = "killed",
	[BRKWATCH_BELOW_START] = "below_start",
	[BRKWATCH_RLIMIT_DATA] = "rlimit_data",
	[BRKWATCH_UNMAP] = "unmap",
	[BRKWATCH_ADDRESS_LIMIT] = "address_limit",
	[BRKWATCH_MLOCK_LIMIT] = "mlock_limit",
	[BRKWATCH_NEXT_MAPPING] = "next_mapping",
	[BRKWATCH_RLIMIT_AS] = "rlimit_as",
	[BRKWATCH_NO_MEMORY] = "no_memory",
	[BRKWATCH_UNKNOWN] = "unknown",
};

static const char *const flag_names[] = { "-", "o", "v", "ov" };

static const char *const count_keys[BRKWATCH_CALL_KINDS] = {
	[BRKWATCH_QUERY] = "\nQueries:\t",
	[BRKWATCH_GROW] = "\nGrows:\t",
	[BRKWATCH_SHRINK] = "\nShrinks:\t",
	[BRKWATCH_MOVE] = "\nMoves:\t",
	[BRKWATCH_SAME] = "\nSame:\t",
	[BRKWATCH_REFUSED] = "\nRefused:\t",
};

/* 0x%016lx, at a fraction of seq_printf()'s cost. */
void brkwatch_put_address(struct seq_file *m, const char *delimiter,
			  unsigned long address)
{
	char text[2 + 16 + 1];
	int i;

	for (i = 17; i > 1; i--) {
		text[i] = hex_asc_lo(address);
		address >>= 4;
	}
	text[0] = '0';
	text[1] = 'x';
	text[18] = '\0';
	seq_puts(m, delimiter);
	seq_puts(m, text);
}

/*
 * A task's number in the reader's pid namespace: known where that is the
 * initial one or the process's own. In between, that of the task which has
 * the number now, if it is old enough to have had it then.
 */
static pid_t number(const struct brkwatch_reader *reader, pid_t initial,
		    pid_t own, u64 time)
{
	const struct pid *tgid = reader->record->tgid;
	struct task_struct *task;
	struct pid *pid;
	pid_t nr = 0;

	if (reader->ns == &init_pid_ns)
		return initial;
	if (tgid && tgid->numbers[tgid->level].ns == reader->ns)
		return own;

	rcu_read_lock();
	pid = find_pid_ns(initial, &init_pid_ns);
	task = pid_task(pid, PIDTYPE_PID);
	if (task && task->start_time <= time)
		nr = pid_nr_ns(pid, reader->ns);
	rcu_read_unlock();
	return nr;
}

static long pages(unsigned long from, unsigned long to)
{
	return (long)(PAGE_ALIGN(to) - PAGE_ALIGN(from)) / (long)PAGE_SIZE;
}

static void show_room(struct seq_file *m, const struct brkwatch_snapshot *snap)
{
	unsigned long end = PAGE_ALIGN(snap->brk);

	if (!snap->next_mapping) {
		seq_puts(m, "\nNextMapping:\tnone\nRoomBytes:\tnone");
		return;
	}
	brkwatch_put_address(m, "\nNextMapping:\t", snap->next_mapping);
	seq_put_decimal_ull(m, "\nRoomBytes:\t",
			    snap->next_mapping > end ?
			    snap->next_mapping - end : 0);
}

static void show_header(struct seq_file *m, const struct brkwatch_reader *reader)
{
	const struct brkwatch_snapshot *snap = &reader->snapshot;
	const struct brkwatch_record *record = reader->record;
	unsigned long heap = snap->brk - min(snap->start_brk, snap->brk);
	u64 calls = 0;
	int i;

	for (i = 0; i < BRKWATCH_CALL_KINDS; i++)
		calls += snap->counts[i];

	seq_put_decimal_ull(m, "Format:\t", BRKWATCH_FORMAT);
	seq_puts(m, "\nName:\t");
	seq_escape_mem(m, snap->comm, strlen(snap->comm),
		       ESCAPE_SPACE | ESCAPE_SPECIAL, "\n\\");
	seq_put_decimal_ull(m, "\nPid:\t", pid_nr_ns(reader->pid, reader->ns));
	seq_put_decimal_ull(m, "\nSpace:\t", record->space);
	seq_puts(m, "\nState:\t");
	seq_puts(m, snap->running ? "running" : "exited");
	seq_put_decimal_ull(m, "\nPageSize:\t", PAGE_SIZE);
	brkwatch_put_address(m, "\nStartBrk:\t", snap->start_brk);
	brkwatch_put_address(m, "\nBrk:\t", snap->brk);
	seq_put_decimal_ull(m, "\nHeapBytes:\t", heap);
	seq_put_decimal_ull(m, "\nHeapPages:\t",
			    heap ? pages(snap->start_brk, snap->brk) : 0);
	seq_put_decimal_ull(m, "\nPeakBytes:\t", snap->peak);
	if (snap->data_limit == RLIM_INFINITY)
		seq_puts(m, "\nDataLimit:\tunlimited");
	else
		seq_put_decimal_ull(m, "\nDataLimit:\t", snap->data_limit);
	show_room(m, snap);
	seq_put_decimal_ull(m, "\nSince:\t", record->since);
	seq_put_decimal_ull(m, "\nCalls:\t", calls);
	for (i = 0; i < BRKWATCH_CALL_KINDS; i++)
		seq_put_decimal_ull(m, count_keys[i], snap->counts[i]);
	seq_put_decimal_ull(m, "\nGrownBytes:\t", snap->grown);
	seq_put_decimal_ull(m, "\nShrunkBytes:\t", snap->shrunk);
	seq_put_decimal_ull(m, "\nInFlight:\t", snap->inflight);
	seq_put_decimal_ull(m, "\nLost:\t", snap->lost);
	seq_put_decimal_ull(m, "\nHistory:\t", snap->history);
	seq_put_decimal_ull(m, "\nEvents:\t", snap->newest);
	seq_put_decimal_ull(m, "\nDropped:\t", snap->dropped);
	seq_puts(m, "\n\nseq\ttime_ns\ttook_ns\ttid\tevent\trequest\told\tnew\t"
		    "delta_bytes\tdelta_pages\treason\tflags\n");
}

static void show_event(struct seq_file *m, const struct brkwatch_reader *reader,
		       unsigned long i)
{
	const struct brkwatch_snapshot *snap = &reader->snapshot;
	const struct brkwatch_event *event = &snap->events[i];
	unsigned long old = i ? event[-1].brk : snap->before;
	bool fork = event->kind == BRKWATCH_FORK;

	seq_put_decimal_ull(m, "", snap->seq + i);
	seq_put_decimal_ull(m, "\t", event->time);
	seq_put_decimal_ull(m, "\t", fork ? 0 : event->took);
	seq_put_decimal_ull(m, "\t", number(reader, event->tid, event->own_tid,
					    event->time));
	seq_putc(m, '\t');
	seq_puts(m, brkwatch_kind_names[event->kind]);
	if (fork)
		seq_put_decimal_ull(m, "\t", number(reader, event->request,
						    event->own_child,
						    event->time));
	else
		brkwatch_put_address(m, "\t", event->request);
	brkwatch_put_address(m, "\t", old);
	brkwatch_put_address(m, "\t", event->brk);
	seq_put_decimal_ll(m, "\t", event->brk - old);
	seq_put_decimal_ll(m, "\t", pages(old, event->brk));
	seq_putc(m, '\t');
	seq_puts(m, brkwatch_reason_names[event->reason]);
	seq_putc(m, '\t');
	seq_puts(m, flag_names[event->flags]);
	seq_putc(m, '\n');
}

/* Position 0 is the header, n the snapshot's n-th event. */
static void *text_at(struct seq_file *m, loff_t pos)
{
	struct brkwatch_reader *reader = m->private;

	return pos <= reader->snapshot.n ? (void *)(unsigned long)(pos + 1) :
					   NULL;
}

static void *text_start(struct seq_file *m, loff_t *pos)
{
	return text_at(m, *pos);
}

static void *text_next(struct seq_file *m, void *v, loff_t *pos)
{
	return text_at(m, ++*pos);
}

static void text_stop(struct seq_file *m, void *v)
{
}

static int text_show(struct seq_file *m, void *v)
{
	unsigned long pos = (unsigned long)v - 1;

	if (!pos)
		show_header(m, m->private);
	else
		show_event(m, m->private, pos - 1);
	return 0;
}

const struct seq_operations brkwatch_text_ops = {
	.start = text_start,
	.next = text_next,
	.stop = text_stop,
	.show = text_show,
};
