// SPDX-License-Identifier: GPL-2.0
/* How a snapshot reads: the text of /proc/brkwatch/<pid>. */
#include "brkwatch.h"

#include <linux/math64.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/resource.h>
#include <linux/seq_file.h>
#include <linux/string_helpers.h>

#include "proc.h"
#include "record.h"

static const char *const flag_names[] = {
	"-", "o", "v", "ov", "s", "os", "vs", "ovs",
};

static const char *const count_keys[BRKWATCH_CALL_KINDS] = {
	[BRKWATCH_QUERY] = "\nQueries:\t",
	[BRKWATCH_GROW] = "\nGrows:\t",
	[BRKWATCH_SHRINK] = "\nShrinks:\t",
	[BRKWATCH_MOVE] = "\nMoves:\t",
	[BRKWATCH_SAME] = "\nSame:\t",
	[BRKWATCH_REFUSED] = "\nRefused:\t",
};

/*
 * A line of the table is written backwards, as the digits of numbers come, and
 * then printed at once: that takes a third of the time of printing column by
 * column. Each of these functions writes a tab and a column before @p, and
 * returns where that begins.
 */
#define LINE_SIZE	256

static char *word_before(char *p, const char *word)
{
	size_t n = strlen(word);

	p = memcpy(p - n, word, n);
	*--p = '\t';
	return p;
}

static char *decimal_before(char *p, u64 n)
{
	do {
		*--p = '0' + do_div(n, 10);
	} while (n);
	*--p = '\t';
	return p;
}

static char *signed_before(char *p, s64 n)
{
	if (n >= 0)
		return decimal_before(p, n);
	p = decimal_before(p, -n);
	*p = '-';
	*--p = '\t';
	return p;
}

/* 0x%016lx */
static char *address_before(char *p, unsigned long address)
{
	int i;

	for (i = 0; i < 16; i++) {
		*--p = "0123456789abcdef"[address & 0xf];
		address >>= 4;
	}
	return word_before(p, "0x");
}

/* A name as /proc/PID/status has it, in which the characters of @only are escaped. */
void brkwatch_put_comm(struct seq_file *m, const char *comm, const char *only)
{
	char text[2 * TASK_COMM_LEN];

	seq_write(m, text, string_escape_mem(comm, strlen(comm), text, sizeof(text),
					     ESCAPE_SPACE | ESCAPE_SPECIAL, only));
}

void brkwatch_put_address(struct seq_file *m, const char *delimiter,
			  unsigned long address)
{
	char text[1 + 2 + 16];

	address_before(text + sizeof(text), address);
	seq_puts(m, delimiter);
	seq_write(m, text + 1, sizeof(text) - 1);
}

/*
 * A task's number in the reader's pid namespace. It is known if that is the initial
 * one or the process's own. In between, it is that of the task which has the number
 * now, if that task is old enough to have had it then.
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
	unsigned long heap = brkwatch_heap(snap->start_brk, snap->brk);
	int i;

	seq_put_decimal_ull(m, "Format:\t", BRKWATCH_FORMAT);
	seq_puts(m, "\nName:\t");
	brkwatch_put_comm(m, snap->comm, "\n\\");
	seq_put_decimal_ull(m, "\nPid:\t", pid_nr_ns(reader->pid, reader->ns));
	seq_put_decimal_ull(m, "\nSpace:\t", record->space);
	seq_puts(m, "\nState:\t");
	seq_puts(m, snap->running ? "running" : "exited");
	seq_put_decimal_ull(m, "\nPageSize:\t", PAGE_SIZE);
	brkwatch_put_address(m, "\nStartBrk:\t", snap->start_brk);
	brkwatch_put_address(m, "\nBrk:\t", snap->brk);
	seq_put_decimal_ull(m, "\nHeapBytes:\t", heap);
	seq_put_decimal_ull(m, "\nHeapPages:\t",
			    heap ? brkwatch_pages(snap->start_brk, snap->brk) : 0);
	seq_put_decimal_ull(m, "\nPeakBytes:\t", snap->peak);
	if (snap->data_limit == RLIM_INFINITY)
		seq_puts(m, "\nDataLimit:\tunlimited");
	else
		seq_put_decimal_ull(m, "\nDataLimit:\t", snap->data_limit);
	show_room(m, snap);
	seq_put_decimal_ull(m, "\nSince:\t", record->since);
	seq_put_decimal_ull(m, "\nCalls:\t", brkwatch_calls(&snap->sums));
	for (i = 0; i < BRKWATCH_CALL_KINDS; i++)
		seq_put_decimal_ull(m, count_keys[i], snap->sums.counts[i]);
	seq_put_decimal_ull(m, "\nGrownBytes:\t", snap->sums.grown);
	seq_put_decimal_ull(m, "\nShrunkBytes:\t", snap->sums.shrunk);
	seq_put_decimal_ull(m, "\nInFlight:\t", snap->inflight);
	seq_put_decimal_ull(m, "\nLost:\t", snap->sums.lost);
	seq_put_decimal_ull(m, "\nHistory:\t", snap->history);
	seq_put_decimal_ull(m, "\nEvents:\t", snap->newest);
	seq_put_decimal_ull(m, "\nDropped:\t", snap->dropped);
	seq_put_decimal_ull(m, "\nExternal:\t", snap->sums.external);
	seq_put_decimal_ull(m, "\nResyncs:\t", snap->sums.resyncs);
	seq_put_decimal_ull(m, "\nExternalUpBytes:\t", snap->sums.external_up);
	seq_put_decimal_ull(m, "\nExternalDownBytes:\t", snap->sums.external_down);
	brkwatch_put_address(m, "\nStartBefore:\t", snap->start_before);
	seq_put_decimal_ull(m, "\nNextSpace:\t", READ_ONCE(record->next_space));
	seq_put_decimal_ull(m, "\nSpacesBefore:\t", snap->spaces_before);
	seq_puts(m, "\n\nseq\ttime_ns\ttook_ns\ttid\tevent\trequest\told\tnew\t"
		    "delta_bytes\tdelta_pages\treason\tflags\tlimit\tneeded\n");
}

static char *amount_before(char *p, u64 amount, bool known, bool address)
{
	if (!known)
		return word_before(p, "-");
	return address ? address_before(p, amount) : decimal_before(p, amount);
}

/* What decided is not known where it is 0, but for a limit that was exceeded. */
static char *evidence_before(char *p, const struct brkwatch_evidence *evidence,
			     u8 reason)
{
	bool address = reason == BRKWATCH_BELOW_START ||
		       reason == BRKWATCH_ADDRESS_LIMIT ||
		       reason == BRKWATCH_NEXT_MAPPING;
	u64 limit = evidence->limit, needed = evidence->needed;

	p = amount_before(p, needed, needed, address);
	return amount_before(p, limit, limit || (needed && !address), address);
}

void brkwatch_put_evidence(struct seq_file *m,
			   const struct brkwatch_evidence *evidence, u8 reason)
{
	char text[2 * 21], *end = text + sizeof(text);
	char *p = evidence_before(end, evidence, reason);

	seq_write(m, p, end - p);
}

static void show_event(struct seq_file *m, const struct brkwatch_reader *reader,
		       const struct brkwatch_event *event, u64 seq)
{
	char line[LINE_SIZE], *end = line + sizeof(line), *p = end;
	struct brkwatch_evidence evidence = {};
	unsigned long old = event[-1].brk;

	if (event->kind == BRKWATCH_REFUSED) {
		raw_spin_lock(&reader->record->lock);
		evidence = brkwatch_record_evidence(reader->record, seq);
		raw_spin_unlock(&reader->record->lock);
	}
	*--p = '\n';
	p = evidence_before(p, &evidence, event->reason);
	p = word_before(p, flag_names[event->flags]);
	p = word_before(p, brkwatch_reason_names[event->reason]);
	p = signed_before(p, brkwatch_pages(old, event->brk));
	p = signed_before(p, brkwatch_bytes(old, event->brk));
	p = address_before(p, event->brk);
	p = address_before(p, old);
	if (event->kind == BRKWATCH_FORK)
		p = decimal_before(p, number(reader, event->request,
					     event->own_child, event->time));
	else
		p = address_before(p, event->request);
	p = word_before(p, brkwatch_kind_names[event->kind]);
	p = decimal_before(p, number(reader, event->tid, event->own_tid,
				     event->time));
	p = decimal_before(p, event->kind < BRKWATCH_CALL_KINDS ? event->took : 0);
	p = decimal_before(p, event->time);
	p = decimal_before(p, seq) + 1;
	seq_write(m, p, end - p);
}

/* Position 0 is the header, n the snapshot's n-th event. */
static void *text_at(struct seq_file *m, loff_t pos)
{
	struct brkwatch_reader *reader = m->private;

	if (!pos)
		return SEQ_START_TOKEN;
	return brkwatch_snapshot_event(reader, reader->snapshot.first + pos - 1);
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
	struct brkwatch_reader *reader = m->private;
	u64 seq = reader->snapshot.first + m->index - 1;
	const struct brkwatch_event *event = v;

	if (v == SEQ_START_TOKEN) {
		show_header(m, reader);
		return 0;
	}
	show_event(m, reader, event, seq);
	/* What did not fit is printed again, if it is still there. */
	if (seq > reader->printed && !seq_has_overflowed(m)) {
		reader->printed = seq;
		if (brkwatch_event_is_external(event))
			reader->printed_start = event->request;
	}
	return 0;
}

const struct seq_operations brkwatch_text_ops = {
	.start = text_start,
	.next = text_next,
	.stop = text_stop,
	.show = text_show,
};
