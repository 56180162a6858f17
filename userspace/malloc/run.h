/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/command.h"
#include "malloc/names.h"
#include "malloc/requests.h"
#include "malloc/timeline.h"
#include "tracefs/buffers.h"

/* What the files of this source share. */

/* A thread, or a child by vfork that uses the memory of its parent. */
struct task {
	struct pid_entry entry;
	uint64_t process;
	bool attached;		/* see run_attach() */
	bool inside;		/* a call, of these */
	enum call_id id;
	uint64_t entered_ns;
	uint64_t values[TRACE_VALUES];
};

struct live;

/* A process that is followed. */
struct owner {
	struct pid_entry entry;
	uint64_t tasks;
	struct facts facts;	/* when it began */
	const struct library *library;	/* with probes, or NULL */
	bool silent;		/* it was gone at the last look */
};

struct run {
	const struct live *live;
	const struct brkwatch *bw;
	bool children;		/* are followed, too */
	struct timeline *timeline;
	struct trace *trace;
	struct trace_others others;
	struct names names;
	struct requests *requests;	/* or NULL */
	size_t probed;			/* processes that have a library with probes */
	struct cpu_rings rings;		/* for both */
	bool deaf;			/* there are not all events in them */
	uint64_t unheard;		/* that were lost there */
	struct pid_table tasks, owners;
	struct launch command;
	struct launch *launch;	/* that one, if there is one */
	int stop_fd;
	bool stopped;
	uint64_t quick_until_ms;	/* there may be something to see that is soon gone */
	uint64_t gaps, lost;		/* that are known of */
	bool unread;			/* what is mapped could not be read after it */
	struct reread *rereads, **next;	/* in order of time */
	struct reread *programs;	/* that have begun, until it is their turn */
};

/* A task begins, or has become another process. */
void run_add_task(struct run *run, uint64_t tid, uint64_t pid);

/* Add those that processes have now. Returns their numbers with blanks, to be freed. */
char *run_list_tasks(struct run *run, const pid_t *pids, size_t n);

/* Open perf events of all of them, and start the trace. False: after a complaint. */
bool run_attach(struct run *run, const pid_t *pids, size_t n);
/* Read what these events have made, when all events of calls that there are have been read. */
void run_listen(struct run *run);
void run_detach(struct run *run);

/*
 * A program that begins. @time_ns: when it did, and it was seen by run_see_program(); 0: it is held, and has done
 * nothing yet.
 */
void run_see_program(struct run *run, pid_t pid, uint64_t time_ns);
void run_add_program(struct run *run, pid_t pid, uint64_t time_ns);

/* A process that runs. False: after a complaint. */
bool run_add_process(struct run *run, pid_t pid, struct brkwatch_reader *reader);

/*
 * Events were lost: what the processes have mapped is read anew, and is what counts from that time on. Calls that
 * end after it may be in it already, and doing them again changes nothing.
 */
void run_reread(struct run *run);
void run_reread_until(struct run *run, uint64_t time_ns);
void run_forget_rereads(struct run *run);

/* What is recorded, and what comes of it. */
extern const struct trace_other run_events[];
extern const size_t run_n_events;
void run_seen(void *owner, const struct trace_event *event);
void run_take(struct run *run, const struct trace_event *event);
