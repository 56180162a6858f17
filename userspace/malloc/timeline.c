// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "malloc/print.h"
#include "malloc/timeline.h"

struct process *timeline_process(struct timeline *timeline, uint64_t pid)
{
	struct process *process = pid_find(&timeline->processes, pid);

	if (process)
		return process;
	process = pid_get(&timeline->processes, pid, sizeof(*process));
	space_init(&process->space);
	return process;
}

static void summarize(const struct timeline *timeline, const struct process *process)
{
	print_summary(&timeline->printer, process->entry.pid, process->name, &process->space);
}

static void begin(struct timeline *timeline, struct process *process, const char *type, uint64_t parent,
		 const char *name)
{
	const struct process *from = parent ? pid_find(&timeline->processes, parent) : NULL;

	space_free(&process->space);
	process->story = from ? from->story : (struct story){ .phases = 0 };
	if (from)
		space_copy(&process->space, &from->space);
	process->name = name ? intern(name) : from ? from->name : NULL;
	print_news(&timeline->printer, type, process->entry.pid, parent, process->name, 0);
	perfetto_name(&timeline->perfetto, process->entry.pid, process->name);
}

void timeline_start(struct timeline *timeline, uint64_t pid, uint64_t parent, const char *name)
{
	begin(timeline, timeline_process(timeline, pid), "start", parent, name);
}

void timeline_exec(struct timeline *timeline, uint64_t pid, const char *name)
{
	struct process *process = timeline_process(timeline, pid);

	/* What the program before has done. */
	summarize(timeline, process);
	begin(timeline, process, "exec", 0, name);
}

void timeline_mapping(struct timeline *timeline, uint64_t pid, uint64_t start, uint64_t end, struct what what)
{
	struct process *process = timeline_process(timeline, pid);

	if (what.kind == KIND_HEAP)
		space_add_heap(&process->space, start, end);
	else
		space_add(&process->space, start, end, what);
	explain_mapping(&process->story, &what);
	print_mapping(&timeline->printer, pid, start, end, &what);
}

void timeline_mappings(struct timeline *timeline, uint64_t pid, const struct regions *regions,
		      uint64_t start, uint64_t brk)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), heap = (start + page - 1) / page * page;
	const struct what data = what_is(KIND_FILE, false, NULL);

	if (start)
		timeline_mapping(timeline, pid, start, brk, what_is(KIND_HEAP, false, NULL));
	for (size_t i = 0; i < regions->n; i++) {
		const struct region *r = &regions->all[i];

		if (r->what.kind != KIND_HEAP)
			timeline_mapping(timeline, pid, r->start, r->end, r->what);
		/* Where addresses are not random it may be one mapping with the program's data. */
		else if (start && r->start < heap)
			timeline_mapping(timeline, pid, r->start, r->end < heap ? r->end : heap, data);
	}
}

void timeline_loading(struct timeline *timeline, uint64_t pid)
{
	struct process *process = timeline_process(timeline, pid);

	if (!process->space.tally[KIND_LOADER].held)
		return;
	process->space.loading = true;
	print_news(&timeline->printer, "loading", pid, 0, NULL, 0);
}

void timeline_call(struct timeline *timeline, struct call *call)
{
	struct process *process = timeline_process(timeline, call->pid);
	struct printer *printer = &timeline->printer;
	const bool loading = process->space.loading;

	space_take(&process->space, call);
	if (printer->style.explain)
		explain_phase(printer, &process->story, call, loading);
	if (!printer->style.no_calls)
		print_call(printer, call);
	if (printer->style.explain)
		explain_call(printer, &process->story, call);
	perfetto_call(&timeline->perfetto, call);
	perfetto_counters(&timeline->perfetto, &process->counters, call->pid, call->time_ns, &process->space);
}

void timeline_forget(struct timeline *timeline, uint64_t pid)
{
	space_forget(&timeline_process(timeline, pid)->space);
	print_news(&timeline->printer, "forget", pid, 0, NULL, 0);
}

void timeline_known(struct timeline *timeline, uint64_t pid, uint64_t lost)
{
	const struct process *process = timeline_process(timeline, pid);

	print_known(&timeline->printer, pid, process->name, lost, process->space.total);
}

void timeline_reread(struct timeline *timeline, uint64_t pid, const struct regions *regions,
		     uint64_t start, uint64_t brk, uint64_t lost)
{
	timeline_forget(timeline, pid);
	timeline_mappings(timeline, pid, regions, start, brk);
	timeline_known(timeline, pid, lost);
}

void timeline_lost(struct timeline *timeline, uint64_t count, bool known)
{
	if (count)
		print_lost(&timeline->printer, count, known);
}

static void end(void *owner, void *entry)
{
	struct timeline *timeline = owner;
	struct process *process = entry;

	summarize(timeline, process);
	space_free(&process->space);
	pid_drop(&timeline->processes, process);
}

void timeline_end(struct timeline *timeline, uint64_t pid, uint64_t time_ns)
{
	struct process *process = pid_find(&timeline->processes, pid);

	if (!process)
		return;
	print_news(&timeline->printer, "end", pid, 0, process->name, time_ns);
	if (time_ns && process->counters.shown)
		perfetto_counters(&timeline->perfetto, &process->counters, pid, time_ns, NULL);
	end(timeline, process);
}

void timeline_finish(struct timeline *timeline)
{
	pid_visit(&timeline->processes, end, timeline);
}
