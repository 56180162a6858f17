// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "libbrkwatch/internal.h"
#include "malloc/run.h"

/* For so long it is looked at more often. */
#define QUICK_TIME_MS	50

/* Of each call two, in the order of enum call_id. */
enum { EXIT_OF_CALL = 1, NEWTASK = 2 * CALL_BRK, EXEC, EXIT };

const struct trace_other run_events[] = {
	{ "syscalls", "sys_enter_mmap", { "addr", "len", "prot", "flags" } },
	{ "syscalls", "sys_exit_mmap", { "ret" } },
	{ "syscalls", "sys_enter_munmap", { "addr", "len" } },
	{ "syscalls", "sys_exit_munmap", { "ret" } },
	{ "syscalls", "sys_enter_mremap", { "addr", "old_len", "new_len", "flags" } },
	{ "syscalls", "sys_exit_mremap", { "ret" } },
	{ "syscalls", "sys_enter_madvise", { "start", "len_in", "behavior" } },
	{ "syscalls", "sys_exit_madvise", { "ret" } },
	{ "syscalls", "sys_enter_mprotect", { "start", "len", "prot" } },
	{ "syscalls", "sys_exit_mprotect", { "ret" } },
	{ "task", "task_newtask", { "pid", "clone_flags" } },
	{ "sched", "sched_process_exec", { "old_pid", "filename" } },
	{ "sched", "sched_process_exit", { "pid" } },
};

const size_t run_n_events = sizeof(run_events) / sizeof(run_events[0]);

/* ---- processes ---- */

static void leave(struct run *run, uint64_t pid, uint64_t time_ns)
{
	struct owner *owner = pid_find(&run->owners, pid);

	if (owner && !--owner->tasks) {
		timeline_end(run->timeline, pid, time_ns);
		pid_drop(&run->owners, owner);
	}
}

void run_add_task(struct run *run, uint64_t tid, uint64_t pid)
{
	struct owner *owner = pid_get(&run->owners, pid, sizeof(*owner));
	struct task *task = pid_get(&run->tasks, tid, sizeof(*task));

	if (task->process == pid)
		return;
	owner->tasks++;
	if (task->process)
		leave(run, task->process, 0);
	task->process = pid;
	task->inside = false;
}

static void drop_task(struct run *run, struct task *task, uint64_t time_ns)
{
	leave(run, task->process, time_ns);
	pid_drop(&run->tasks, task);
}

/* ---- events ---- */

static void take_newtask(struct run *run, const struct trace_event *event)
{
	const struct task *parent = pid_find(&run->tasks, (uint64_t)event->tid);
	const uint64_t child = event->values[0];
	const struct owner *from;
	struct owner *owner;

	if (!parent)
		return;
	if (event->values[1] & CLONE_VM) {
		run_add_task(run, child, parent->process);
	} else if (run->children) {
		timeline_start(run->timeline, child, parent->process, NULL);
		run_add_task(run, child, child);
		from = pid_find(&run->owners, parent->process);
		owner = pid_find(&run->owners, child);
		if (from && owner)
			owner->facts = from->facts;
	}
}

/* Of several threads the one that does it becomes the first, and of the others there are ends. */
static void take_exec(struct run *run, const struct trace_event *event)
{
	const uint64_t pid = (uint64_t)event->tid;
	struct task *task = pid_find(&run->tasks, event->values[0]);
	const bool known = pid_find(&run->owners, pid);

	if (!task && !known)
		return;
	/* A child by vfork, which has its own memory now. */
	if (!known && !run->children) {
		drop_task(run, task, event->time);
		return;
	}
	if (known)
		timeline_exec(run->timeline, pid, event->comm);
	else
		timeline_start(run->timeline, pid, 0, event->comm);
	/* In this order: a process is never without any. */
	run_add_task(run, pid, pid);
	if (task && task->entry.pid != pid)
		drop_task(run, task, event->time);
	run_add_program(run, (pid_t)pid, event->time);
}

static void find_reason(struct run *run, struct call *call)
{
	const struct facts *facts = names_facts(&run->names, (pid_t)call->tid);
	const struct owner *owner = pid_find(&run->owners, call->pid);
	struct facts old;

	if (!facts->known && owner && owner->facts.known) {
		old = facts_of_old(&owner->facts, timeline_process(run->timeline, call->pid)->space.total);
		facts = &old;
	}
	reason_find(call, facts);
}

/* With what it was made for, if the thread was in malloc when it began. */
static void give_call(struct run *run, struct call call)
{
	const struct process *process = timeline_process(run->timeline, call.pid);
	char by[REQUEST_MAX], caller[4200];
	uint64_t address, offset;
	const char *file;

	if (run->requests &&
	    requests_at(run->requests, (pid_t)call.tid, call.time_ns - call.took_ns, by, &address)) {
		file = space_file(&process->space, address, &offset);
		snprintf(caller, sizeof(caller), "%s%s%#" PRIx64, file ?: "", file ? "+" : "", file ? offset : address);
		call.by = by;
		call.caller = caller;
	}
	timeline_call(run->timeline, &call);
}

static void take_end_of_call(struct run *run, struct task *task, const struct trace_event *event)
{
	const int64_t result = (int64_t)event->values[0];
	const bool failed = result < 0 && result >= -4095;
	const uint64_t *v = task->values;
	struct call call = {
		.id = task->id, .pid = task->process, .tid = task->entry.pid, .time_ns = event->time,
		.took_ns = event->time - task->entered_ns, .request = v[0], .length = v[1], .addr = v[0],
		.error = failed ? (int)-result : 0,
	};
	const char *file;

	task->inside = false;
	switch (call.id) {
	case CALL_MMAP:
		call.prot = v[2];
		call.flags = v[3];
		call.addr = failed ? v[0] : (uint64_t)result;
		break;
	case CALL_MREMAP:
		call.new_length = v[2];
		call.flags = v[3];
		call.addr = failed ? v[0] : (uint64_t)result;
		break;
	case CALL_MADVISE:
		call.flags = v[2];
		break;
	case CALL_MPROTECT:
		call.prot = v[2];
		break;
	default:
		break;
	}
	/* A part of a file that is protected is told as mapped, too. */
	file = names_file(&run->names, (pid_t)call.tid, call.addr, task->entered_ns, event->time);
	if (call.id == CALL_MMAP && !failed && !(call.flags & MAP_ANONYMOUS))
		call.what.file = file;
	if (failed)
		find_reason(run, &call);
	give_call(run, call);
}

static void take_syscall(struct run *run, const struct trace_event *event, unsigned int which)
{
	struct task *task = pid_find(&run->tasks, (uint64_t)event->tid);
	const enum call_id id = which / 2;

	if (!task)
		return;
	if (which & EXIT_OF_CALL) {
		/* Of some the beginning was not seen. */
		if (task->inside && task->id == id)
			take_end_of_call(run, task, event);
		return;
	}
	task->inside = true;
	task->id = id;
	task->entered_ns = event->time;
	memcpy(task->values, event->values, sizeof(task->values));
}

static void take_brk(struct run *run, const struct trace_event *event)
{
	const struct task *task = pid_find(&run->tasks, (uint64_t)event->tid);
	struct call call = {
		.id = CALL_BRK, .pid = task ? task->process : (uint64_t)event->pid, .tid = (uint64_t)event->tid,
		.time_ns = event->time, .took_ns = event->took, .request = event->request, .addr = event->brk,
		.old = event->old, .start = event->start, .limit = event->limit, .needed = event->needed,
		.reason = strcmp(event->reason, "-") != 0 && *event->reason ? event->reason : NULL,
	};

	/* What prctl(2) has moved, the next call finds. */
	if (!strcmp(event->kind, "fork") || !strcmp(event->kind, "end") || !strcmp(event->kind, "external") ||
	    !pid_find(&run->owners, call.pid))
		return;
	if (!strcmp(event->kind, "resync")) {
		timeline_mapping(run->timeline, call.pid, event->start, event->brk, what_is(KIND_HEAP, false, NULL));
		return;
	}
	give_call(run, call);
}

/* What was begun may have ended, and others begun. */
static void take_gap(void *owner, void *entry)
{
	struct task *task = entry;

	(void)owner;
	task->inside = false;
}

void run_take(struct run *run, const struct trace_event *event)
{
	const unsigned int which = event->other - 1;
	struct task *task;

	if (event->gap)
		pid_visit(&run->tasks, take_gap, run);
	if (!event->other) {
		take_brk(run, event);
		return;
	}
	switch (which) {
	case NEWTASK:
		take_newtask(run, event);
		break;
	case EXEC:
		take_exec(run, event);
		break;
	case EXIT:
		task = pid_find(&run->tasks, (uint64_t)event->tid);
		names_forget(&run->names, event->tid);
		if (run->requests)
			requests_forget(run->requests, event->tid);
		if (task)
			drop_task(run, task, event->time);
		break;
	default:
		take_syscall(run, event, which);
	}
}

void run_seen(void *owner, const struct trace_event *event)
{
	struct run *run = owner;
	const unsigned int which = event->other - 1;
	const int64_t result = (int64_t)event->values[0];

	if (which == NEWTASK || which == EXEC)
		run->quick_until_ms = clock_ms() + QUICK_TIME_MS;
	if (which == EXEC && (run->children || pid_find(&run->owners, (uint64_t)event->tid)))
		run_see_program(run, event->tid, event->time);
	else if (which < NEWTASK && which & EXIT_OF_CALL && (result == -ENOMEM || result == -EAGAIN))
		names_refused(&run->names, event->tid);
}
