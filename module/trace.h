/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events of records as tracepoints, for perf, bpftrace, trace-cmd and
 * ftrace: one for each kind of call, so that the kind is chosen by name, and
 * one for all other events. They have the same fields, which are a contract
 * like the files in /proc: fields are only added, at the end. Addresses and
 * sizes are bytes, times are nanoseconds, numbers are those of the initial pid
 * namespace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM brkwatch

#if !defined(BRKWATCH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BRKWATCH_TRACE_H

#include <linux/mm.h>
#include <linux/tracepoint.h>

#include "record.h"

#define BRKWATCH_KIND_SYMBOLS						\
	S(BRKWATCH_QUERY, "query") S(BRKWATCH_GROW, "grow")		\
	S(BRKWATCH_SHRINK, "shrink") S(BRKWATCH_MOVE, "move")		\
	S(BRKWATCH_SAME, "same") S(BRKWATCH_REFUSED, "refused")		\
	S(BRKWATCH_FORK, "fork") S(BRKWATCH_EXTERNAL, "external")	\
	S(BRKWATCH_RESYNC, "resync") S_LAST(BRKWATCH_END, "end")

#define BRKWATCH_REASON_SYMBOLS						\
	S(BRKWATCH_NO_REASON, "-") S(BRKWATCH_KILLED, "killed")		\
	S(BRKWATCH_BELOW_START, "below_start")				\
	S(BRKWATCH_RLIMIT_DATA, "rlimit_data")				\
	S(BRKWATCH_UNMAP, "unmap")					\
	S(BRKWATCH_ADDRESS_LIMIT, "address_limit")			\
	S(BRKWATCH_MLOCK_LIMIT, "mlock_limit")				\
	S(BRKWATCH_NEXT_MAPPING, "next_mapping")			\
	S(BRKWATCH_RLIMIT_AS, "rlimit_as")				\
	S(BRKWATCH_NO_MEMORY, "no_memory") S_LAST(BRKWATCH_UNKNOWN, "unknown")

/* Readers of the binary data learn these numbers from the event's format file. */
#undef S
#undef S_LAST
#define S(value, name)		TRACE_DEFINE_ENUM(value);
#define S_LAST			S
BRKWATCH_KIND_SYMBOLS
BRKWATCH_REASON_SYMBOLS
#undef S
#undef S_LAST
#define S(value, name)		{ value, name },
#define S_LAST(value, name)	{ value, name }

DECLARE_EVENT_CLASS(brk,
	TP_PROTO(const struct brkwatch_record *record,
		 const struct brkwatch_event *event, unsigned long old),
	TP_ARGS(record, event, old),

	TP_STRUCT__entry(
		__array(char, comm, TASK_COMM_LEN)
		__field(pid_t, pid)
		__field(pid_t, tid)
		__field(u64, space)
		__field(u64, seq)
		__field(u64, time)
		__field(u64, took)
		__field(unsigned long, request)
		__field(unsigned long, old)
		__field(unsigned long, new)
		__field(unsigned long, start)
		__field(s64, delta)
		__field(s64, pages)
		__field(unsigned char, kind)
		__field(unsigned char, reason)
		__field(unsigned char, flags)
		__field(u64, limit)
		__field(u64, needed)
	),

	TP_fast_assign(
		struct brkwatch_evidence evidence =
			brkwatch_record_evidence(record, record->history.last);

		/* An event that is not a call may be recorded by any task. */
		if (event->tid)
			brkwatch_comm_copy(__entry->comm, current);
		else
			memcpy(__entry->comm, record->comm, TASK_COMM_LEN);
		__entry->pid = pid_nr(record->tgid);
		__entry->tid = event->tid;
		__entry->space = record->space;
		__entry->seq = record->history.last;
		__entry->time = event->time;
		__entry->took = event->kind < BRKWATCH_CALL_KINDS ? event->took : 0;
		__entry->request = event->request;
		__entry->old = old;
		__entry->new = event->brk;
		__entry->start = record->start_brk;
		__entry->delta = brkwatch_bytes(old, event->brk);
		__entry->pages = brkwatch_pages(old, event->brk);
		__entry->kind = event->kind;
		__entry->reason = event->reason;
		__entry->flags = event->flags;
		__entry->limit = evidence.limit;
		__entry->needed = evidence.needed;
	),

	TP_printk("%s comm=%s pid=%d tid=%d space=%llu seq=%llu request=%#lx old=%#lx new=%#lx start=%#lx delta=%lld pages=%lld reason=%s took=%llu flags=%s limit=%llu needed=%llu",
		  __print_symbolic(__entry->kind, BRKWATCH_KIND_SYMBOLS),
		  __entry->comm, __entry->pid, __entry->tid, __entry->space,
		  __entry->seq, __entry->request, __entry->old, __entry->new,
		  __entry->start, __entry->delta, __entry->pages,
		  __print_symbolic(__entry->reason, BRKWATCH_REASON_SYMBOLS),
		  __entry->took,
		  __print_flags(__entry->flags, "",
				{ BRKWATCH_OVERLAPPED, "o" },
				{ BRKWATCH_SHARED, "v" },
				{ BRKWATCH_STACK, "s" }),
		  __entry->limit, __entry->needed)
);

#undef BRKWATCH_EVENT_POINT
#define BRKWATCH_EVENT_POINT(name)					\
DEFINE_EVENT_FN(brk, name,						\
	TP_PROTO(const struct brkwatch_record *record,			\
		 const struct brkwatch_event *event, unsigned long old),	\
	TP_ARGS(record, event, old),					\
	trace_begin, trace_end)

BRKWATCH_EVENT_POINT(brk_query);
BRKWATCH_EVENT_POINT(brk_grow);
BRKWATCH_EVENT_POINT(brk_shrink);
BRKWATCH_EVENT_POINT(brk_move);
BRKWATCH_EVENT_POINT(brk_same);
BRKWATCH_EVENT_POINT(brk_refused);
BRKWATCH_EVENT_POINT(brk_other);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
