/* SPDX-License-Identifier: GPL-2.0 */
/* The vocabulary that every part of the module shares. */
#ifndef BRKWATCH_H
#define BRKWATCH_H

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/types.h>

/* Raised when a key or column of the /proc files changes its meaning. */
#define BRKWATCH_FORMAT		1

enum brkwatch_kind {
	/* One brk(2) call each; counted. */
	BRKWATCH_QUERY,
	BRKWATCH_GROW,
	BRKWATCH_SHRINK,
	BRKWATCH_MOVE,
	BRKWATCH_SAME,
	BRKWATCH_REFUSED,
	BRKWATCH_CALL_KINDS,

	/* Other events of an address space. */
	BRKWATCH_FORK = BRKWATCH_CALL_KINDS,
	BRKWATCH_EXTERNAL,
	BRKWATCH_RESYNC,
	BRKWATCH_END,
	BRKWATCH_KINDS,
};

enum brkwatch_reason {
	BRKWATCH_NO_REASON,
	BRKWATCH_KILLED,
	BRKWATCH_BELOW_START,
	BRKWATCH_RLIMIT_DATA,
	BRKWATCH_UNMAP,
	BRKWATCH_ADDRESS_LIMIT,
	BRKWATCH_MLOCK_LIMIT,
	BRKWATCH_NEXT_MAPPING,
	BRKWATCH_RLIMIT_AS,
	BRKWATCH_NO_MEMORY,
	BRKWATCH_UNKNOWN,
	BRKWATCH_REASONS,
};

/* The call overlapped another brk call of the same address space. */
#define BRKWATCH_OVERLAPPED	0x01
/* Made by a forked child that shares the address space. */
#define BRKWATCH_SHARED		0x02
/* A stack, with the gap below it, is the next mapping that was in the way. */
#define BRKWATCH_STACK		0x04

/* One thing that happened to a break. */
struct brkwatch_event {
	u64 time;		/* CLOCK_MONOTONIC; never less than that of the event before */
	union {
		u64 took;	/* nanoseconds in the kernel; 0: not known */
		/* BRKWATCH_FORK: @request in the pid namespace of the process */
		u64 own_child;
		/* brkwatch_event_is_external(): where the heap started before */
		u64 old_start;
	};
	/*
	 * The break that was asked for; the child's number in the initial pid
	 * namespace; where the heap starts since.
	 */
	unsigned long request;
	unsigned long brk;	/* after it; the event before has the break before */
	pid_t tid;		/* in the initial pid namespace; 0: no particular task */
	pid_t own_tid;		/* in the pid namespace of the process */
	u8 kind;
	u8 reason;		/* of a BRKWATCH_REFUSED */
	u8 flags;
};

/*
 * The numbers that decided a refusal, at that moment. What they count depends on
 * the reason, see brkwatch(4). 0: not known.
 */
struct brkwatch_evidence {
	u64 seq;		/* of the refused event; 0: none */
	u64 limit;		/* how much was allowed */
	u64 needed;		/* how much would have been needed */
};

/* What an address space's events add up to. */
struct brkwatch_sums {
	u64 counts[BRKWATCH_CALL_KINDS];
	u64 grown, shrunk;		/* bytes, by calls */
	u64 external;			/* external moves */
	u64 resyncs;
	u64 external_up, external_down;	/* bytes of external moves and resyncs */
	u64 lost;
};

static inline u64 brkwatch_calls(const struct brkwatch_sums *sums)
{
	u64 calls = 0;
	int i;

	for (i = 0; i < BRKWATCH_CALL_KINDS; i++)
		calls += sums->counts[i];
	return calls;
}

/* The break, or the start of the heap, was moved by other means than a call. */
static inline bool brkwatch_event_is_external(const struct brkwatch_event *event)
{
	return event->kind == BRKWATCH_EXTERNAL || event->kind == BRKWATCH_RESYNC;
}

static inline unsigned long brkwatch_heap(unsigned long start, unsigned long brk)
{
	return brk > start ? brk - start : 0;
}

/* Bytes from one break to another; a long of 32 bits is too small. */
static inline s64 brkwatch_bytes(unsigned long from, unsigned long to)
{
	return (s64)((u64)to - from);
}

/* Pages by which the end of the heap's mapping moves with it. */
static inline s64 brkwatch_pages(unsigned long from, unsigned long to)
{
	return brkwatch_bytes(PAGE_ALIGN(from), PAGE_ALIGN(to)) >> PAGE_SHIFT;
}

/* For parameters: 0 if @value is in range, else -EINVAL and a line in the log. */
int brkwatch_check_parameter(const char *name, unsigned int value,
			     unsigned int min, unsigned int max);

extern const char *const brkwatch_kind_names[BRKWATCH_KINDS];
extern const char *const brkwatch_reason_names[BRKWATCH_REASONS];

#endif
