/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libbrkwatch reads what the kernel module brkwatch records: where the heaps of processes are, and
 * each brk(2) call that moved their ends or was refused. See brkwatch(3) and brkwatch(4).
 *
 * Units: sizes are bytes, addresses are those of the process, times are nanoseconds of
 * CLOCK_MONOTONIC.
 * Errors: a function that returns int returns 0 or a negative errno, unless its comment says more.
 * -EPROTO means that a file is damaged or has another format. The library prints nothing.
 * Ownership: free what a function named _new or _open returns with the one named _free or _close,
 * which also accepts NULL. A pointer to something inside an object is valid until the object is
 * used again. An object that was created with a struct brkwatch keeps using it: free it first.
 * Threads: there is no hidden state. Several threads may use the library at the same time, but only
 * one at a time an object. A struct brkwatch is never written, so all threads may use it.
 * Later versions: structs that the library fills grow only at their ends, and so do enums. A program
 * that was built with an older header runs with a newer library.
 */
#ifndef BRKWATCH_H
#define BRKWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* The Format: of the files that this library understands. */
#define BRKWATCH_FORMAT		"1"

/* No such limit or address: unlimited, no mapping. */
#define BRKWATCH_NONE		UINT64_MAX

/* ---- the directory ---- */

/* /proc/brkwatch, or a directory with copies of its files, which never change. */
struct brkwatch;

/* @directory: NULL stands for /proc/brkwatch. -ENOENT: the module is not loaded. */
int brkwatch_open(struct brkwatch **bw, const char *directory);
void brkwatch_close(struct brkwatch *bw);

const char *brkwatch_directory(const struct brkwatch *bw);
bool brkwatch_is_live(const struct brkwatch *bw);

/* ---- a process ---- */

/* What the file of a process says about its current address space. */
struct brkwatch_snapshot {
	char name[128];		/* as in /proc/PID/status: \n and \\ are escaped */
	bool exited;
	uint64_t pid;
	uint64_t space;		/* the number of the address space; another one after an exec */
	uint64_t page_size;	/* 0: unknown, as in a recording of nothing but events */
	uint64_t start_brk;	/* 0: unknown, too */
	uint64_t brk;
	uint64_t heap_bytes;
	uint64_t heap_pages;
	uint64_t peak_bytes;
	uint64_t data_limit;	/* or BRKWATCH_NONE */
	uint64_t next_mapping;	/* or BRKWATCH_NONE */
	uint64_t room_bytes;	/* or BRKWATCH_NONE */
	uint64_t since;		/* when the record of the address space begins */
	uint64_t calls;
	uint64_t queries;
	uint64_t grows;
	uint64_t shrinks;
	uint64_t moves;
	uint64_t same;
	uint64_t refused;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t in_flight;
	uint64_t lost;		/* calls that were not recorded */
	uint64_t history;
	uint64_t events;	/* the number of the newest event */
	uint64_t dropped;	/* events that were overwritten before this reading */
	uint64_t external;	/* moves by other means than calls */
	uint64_t resyncs;
	uint64_t external_up_bytes;
	uint64_t external_down_bytes;
	uint64_t start_before;	/* start of the heap before the oldest event in the file */
	uint64_t next_space;	/* the process's next one, if it was followed; 0: none */
	uint64_t spaces_before;	/* address spaces that the process had before, and were recorded */
	uint64_t start;		/* start of the heap after the last event returned; 0: unknown */
	uint64_t missing;	/* private: keys that an older file lacks: 0 or BRKWATCH_NONE */
};

/* Sums over the address spaces that a process has had. */
struct brkwatch_totals {
	uint64_t spaces;
	uint64_t calls;
	uint64_t grows;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t peak_bytes;
	uint64_t refused;
	uint64_t lost;
	uint64_t dropped;
	uint64_t missed;	/* address spaces of which nothing is known; in no other sum */
};

struct brkwatch_event;
struct brkwatch_row;

/* Reads files of processes, one after another. NULL: no memory. */
struct brkwatch_reader *brkwatch_reader_new(void);
void brkwatch_reader_free(struct brkwatch_reader *reader);

/*
 * Read the file of @pid. A process that has just started may have no file yet; this waits up to a
 * second for it. -ESRCH, -ENOENT: there is no such process; -EACCES: as for /proc/PID/maps;
 * -EPROTO: see brkwatch_problem().
 */
int brkwatch_read(struct brkwatch_reader *reader, const struct brkwatch *bw, pid_t pid,
		  const struct brkwatch_snapshot **snap);

/* Returns 1 and the next event of what was read last, oldest first; 0 after the newest one. */
int brkwatch_next_event(struct brkwatch_reader *reader, struct brkwatch_event **event);

/* What is wrong with the file, after -EPROTO. */
const char *brkwatch_problem(const struct brkwatch_reader *reader);

/* ---- events ---- */

enum brkwatch_field {
	BRKWATCH_SEQ,		/* the number of the event in its address space, from 1 */
	BRKWATCH_TIME_NS,	/* when the call ended */
	BRKWATCH_TOOK_NS,
	BRKWATCH_TID,		/* 0: not known in the reader's pid namespace */
	BRKWATCH_EVENT,		/* a kind, as text */
	BRKWATCH_REQUEST,	/* the break that was asked for; for a fork, the child */
	BRKWATCH_OLD,
	BRKWATCH_NEW,
	BRKWATCH_DELTA_BYTES,	/* signed, as is the next one */
	BRKWATCH_DELTA_PAGES,
	BRKWATCH_REASON,	/* text; "-": the call was not refused */
	BRKWATCH_FLAGS,		/* text; "-": none */
	/*
	 * The numbers that decided a refusal at that moment: how much was allowed, and how much would
	 * have been needed; "-": unknown. They are bytes for the reasons rlimit_data, rlimit_as and
	 * mlock_limit, addresses for below_start, address_limit and next_mapping. For unmap and
	 * no_memory, LIMIT is the number of mappings that the process had; for no_memory, NEEDED is the
	 * number of pages that the system had promised. For unknown they are bytes, of a limit that
	 * may be the reason.
	 */
	BRKWATCH_LIMIT,
	BRKWATCH_NEEDED,
	BRKWATCH_FIELDS,
};

enum brkwatch_kind {
	BRKWATCH_QUERY,
	BRKWATCH_GROW,
	BRKWATCH_SHRINK,
	BRKWATCH_MOVE,
	BRKWATCH_SAME,
	BRKWATCH_REFUSED,
	BRKWATCH_FORK,
	BRKWATCH_EXTERNAL,
	BRKWATCH_RESYNC,
	BRKWATCH_END,
	BRKWATCH_KINDS,		/* this or more: a kind that is newer than this header */
};

/* The names of fields and kinds in the files; NULL: the library knows no such field or kind. */
const char *brkwatch_field_name(enum brkwatch_field field);
const char *brkwatch_kind_name(enum brkwatch_kind kind);

enum brkwatch_kind brkwatch_event_kind(const struct brkwatch_event *event);

/* False if the value of the field is not such a number. */
bool brkwatch_event_unsigned(const struct brkwatch_event *event, enum brkwatch_field field,
			     uint64_t *value);
bool brkwatch_event_signed(const struct brkwatch_event *event, enum brkwatch_field field,
			   int64_t *value);

/* The text of the field, not terminated by a NUL. Empty: the library knows no such field. */
const char *brkwatch_event_text(const struct brkwatch_event *event, enum brkwatch_field field,
				size_t *len);

/* ---- following processes ---- */

/* A process as a source of events sees it. */
struct brkwatch_process;

const struct brkwatch_snapshot *brkwatch_process_snapshot(const struct brkwatch_process *process);

/* Of the address spaces before the current one; in done(), of all. */
const struct brkwatch_totals *brkwatch_process_totals(const struct brkwatch_process *process);

/* The process whose fork made it known, or 0. */
pid_t brkwatch_process_parent(const struct brkwatch_process *process);

/*
 * The functions that a source of events calls, with @owner. A function that is NULL is not called.
 * This struct belongs to the program and will not change: later versions add functions such as
 * brkwatch_follower_on_failure(). These functions may call brkwatch_follower_add(), but neither
 * _step(), _finish() nor _free().
 */
struct brkwatch_sink {
	/* A process is followed from here on; it has another address space after an exec. */
	void (*start)(void *owner, struct brkwatch_process *process);
	void (*exec)(void *owner, struct brkwatch_process *process);

	/*
	 * An event, which is valid during the call. Return 0 to continue; 1 to get no more events;
	 * -EPROTO if the event makes no sense, which stops following this process; another error to
	 * stop following all.
	 */
	int (*event)(void *owner, struct brkwatch_process *process, struct brkwatch_event *event);

	/* @count events were overwritten; @before: before the process was followed. */
	void (*lost)(void *owner, struct brkwatch_process *process, uint64_t count, bool before);

	/*
	 * An address space of the process, which is a child or has called exec, ended before its file
	 * could be opened. @row: what it did there, which its totals include, with the number of
	 * children that are not followed because of that; NULL: unknown.
	 */
	void (*missed)(void *owner, struct brkwatch_process *process, const struct brkwatch_row *row);

	/*
	 * The process is not followed any more, because it has @ended or for another reason. Return 0,
	 * or 1 to get no more events of other processes.
	 */
	int (*done)(void *owner, struct brkwatch_process *process, bool ended);
};

struct brkwatch_follower;

#define BRKWATCH_CHILDREN	1u	/* also follow all their descendants */
#define BRKWATCH_FROM_START	2u	/* also those forked so far */

/* @sink is copied. */
int brkwatch_follower_new(struct brkwatch_follower **follower, const struct brkwatch *bw,
			  const struct brkwatch_sink *sink, void *owner, unsigned int flags);
void brkwatch_follower_free(struct brkwatch_follower *follower);

/* @failed is called if a process cannot be followed any further; @problem explains -EPROTO. */
void brkwatch_follower_on_failure(struct brkwatch_follower *follower,
				  void (*failed)(void *owner, pid_t pid, int error,
						 const char *problem), void *owner);

/* -ESRCH: there is no such process. brkwatch_follower_step() calls the sink. */
int brkwatch_follower_add(struct brkwatch_follower *follower, pid_t pid);

/*
 * Wait up to @timeout_ms for new events (-1: without limit) and pass them to the sink. Returns 1; 0
 * if nothing is left to follow or the sink wants no more; or an error of the sink.
 */
int brkwatch_follower_step(struct brkwatch_follower *follower, int timeout_ms);
bool brkwatch_follower_has_enough(const struct brkwatch_follower *follower);

/*
 * For programs with a loop of their own: call brkwatch_follower_step() with a timeout of 0 when this
 * descriptor, which belongs to the follower, is readable, and after this number of ms (-1: never).
 */
int brkwatch_follower_fd(const struct brkwatch_follower *follower);
int brkwatch_follower_timeout(const struct brkwatch_follower *follower);

/*
 * For programs that leave the loop to the follower: brkwatch_follower_step() calls @ready when
 * epoll_wait(2) returns these events for the descriptor.
 */
int brkwatch_follower_watch(struct brkwatch_follower *follower, int fd, uint32_t events,
			    void (*ready)(void *owner), void *owner);

/* Pass all events until now to the sink, and then call its done() for each process. */
int brkwatch_follower_finish(struct brkwatch_follower *follower);

/* ---- all processes ---- */

/* A row of the files all and exited. */
struct brkwatch_row {
	pid_t pid;
	uint64_t space;		/* 0: unknown, from an older module */
	char name[64];		/* escaped, with tabs as \t */
	uint64_t start_brk;
	uint64_t brk;
	uint64_t heap_bytes;
	uint64_t peak_bytes;
	uint64_t calls;
	uint64_t grows;
	uint64_t shrinks;
	uint64_t refused;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t last_event_ns;
	uint64_t exit_ns;	/* 0 in all */
	/* Only in exited, the last event, in the words of the file of a process. "": unknown. */
	char last_event[12];
	char last_request[20];
	char last_reason[20];
	char last_limit[24];
	char last_needed[24];
	uint64_t spaces_before;
	uint64_t forks;		/* processes that it made */
};

struct brkwatch_table;

/* @file is "all" (ordered by number, those that the caller may read) or "exited" (newest first). */
int brkwatch_table_open(struct brkwatch_table **table, const struct brkwatch *bw, const char *file);
void brkwatch_table_close(struct brkwatch_table *table);

/* Returns 1 and a row, 0 after the last one, or an error. */
int brkwatch_table_next(struct brkwatch_table *table, const struct brkwatch_row **row);

/* Whether both rows belong to the same address space. */
bool brkwatch_row_goes_on(const struct brkwatch_row *earlier, const struct brkwatch_row *later);

/* ---- the module ---- */

/* The file stats, as it was at one moment. */
struct brkwatch_stats;

int brkwatch_stats_open(struct brkwatch_stats **stats, const struct brkwatch *bw);
void brkwatch_stats_close(struct brkwatch_stats *stats);

/* The value of a key; NULL if there is no such key, as with an older module. */
const char *brkwatch_stats_text(const struct brkwatch_stats *stats, const char *key);
bool brkwatch_stats_number(const struct brkwatch_stats *stats, const char *key, uint64_t *value);

/* A column of the table of probes in row @i, from 0; NULL: there is no such row or column. */
const char *brkwatch_stats_probe(const struct brkwatch_stats *stats, size_t i, const char *column);

/*
 * Make a brk call and check whether the module has recorded it: returns 1 or 0, or an error if that
 * is unknown. Kprobes can be switched off for the whole kernel.
 */
int brkwatch_probes_work(const struct brkwatch *bw);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
