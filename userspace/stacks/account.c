// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stacks/flamegraph.h"
#include "common/replace-file.h"
#include "symbols/call-tree.h"
#include "stacks/perf-events.h"
#include "symbols/code-maps.h"
#include "stacks/account.h"
#include "stacks/json-stack.h"
#include "tracefs/event-layout.h"
#include "common/by-pid.h"
#include "common/complain.h"
#include "common/format-number.h"

/* Events whose paths are remembered until they are printed; a power of two. */
#define RECENT_SIZE	((size_t)1 << 16)

static const char no_stack[] = "[no stack]";

struct recent {
	uint64_t space, seq;
	uint32_t node;
};

/* Of a process: what the module will say of it has to be what was seen. */
struct account {
	struct pid_entry entry;
	uint64_t base_space, base_seq;
	struct stack_counts seen;	/* with those of the base */
};

struct stacks {
	const struct stacks_options *opts;
	struct paths paths;
	struct code_maps *maps;
	struct trace_format *format;	/* of the tracepoint */
	struct perf *perf;
	struct perf_ops ops;
	struct recent *recent;
	struct pid_table accounts;
	struct stack_counts seen, missing;
	uint64_t page_size;
};

static void add_counts(struct stack_counts *sum, const struct stack_counts *counts)
{
	sum->growths += counts->growths;
	sum->bytes += counts->bytes;
	sum->refused += counts->refused;
}

static struct account *account_of(const struct stacks *stacks, pid_t pid)
{
	return pid_find(&stacks->accounts, (uint64_t)pid);
}

static struct account *get_account(struct stacks *stacks, pid_t pid)
{
	return pid_get(&stacks->accounts, (uint64_t)pid, sizeof(struct account));
}

static struct recent *recent_of(const struct stacks *stacks, uint64_t space, uint64_t seq)
{
	return &stacks->recent[(space * 0x9e3779b1 + seq) & (RECENT_SIZE - 1)];
}

/* ---- what perf tells ---- */

static void add_to_node(struct stacks *stacks, uint32_t node, const struct stack_counts *counts)
{
	struct path_node *n = &stacks->paths.nodes[node];

	n->count += counts->growths;
	n->bytes += counts->bytes;
	n->refused += counts->refused;
}

static uint32_t add_path(struct stacks *stacks, const struct perf_sample *sample)
{
	uint32_t frames[PATHS_FRAMES_MAX + 2];
	size_t n = maps_frames(stacks->maps, sample, &stacks->paths, frames, PATHS_FRAMES_MAX);

	if (!n)
		frames[n++] = paths_frame(&stacks->paths, no_stack, "");
	frames[n++] = paths_frame(&stacks->paths, maps_name(stacks->maps, sample->pid), "");
	return paths_add(&stacks->paths, frames, n);
}

static void take_sample(void *owner, const struct perf_sample *sample)
{
	struct stacks *stacks = owner;
	struct stack_counts counts;
	struct account *account;
	struct trace_event event;
	struct recent *recent;
	pid_t pid;

	if (!trace_format_decode(stacks->format, sample->raw, sample->raw_size, &event))
		return;
	/* The initial pid namespace's numbers are of use only where that is ours, too. */
	pid = event.tid == sample->tid ? event.pid : sample->pid;
	account = stacks->opts->children ? get_account(stacks, pid) : account_of(stacks, pid);
	if (!account || (event.space == account->base_space && event.seq <= account->base_seq))
		return;
	/* Seen twice: see perf_attach(). */
	recent = recent_of(stacks, event.space, event.seq);
	if (recent->space == event.space && recent->seq == event.seq)
		return;
	counts = (struct stack_counts){
		.growths = event.pages > 0, .refused = !event.pages,
		.bytes = event.pages > 0 ? (uint64_t)event.pages * stacks->page_size : 0,
	};
	*recent = (struct recent){
		.space = event.space, .seq = event.seq, .node = add_path(stacks, sample),
	};
	add_to_node(stacks, recent->node, &counts);
	add_counts(&account->seen, &counts);
	add_counts(&stacks->seen, &counts);
}

static void take_map(void *owner, pid_t pid, const struct perf_map *map)
{
	struct stacks *stacks = owner;

	maps_map(stacks->maps, pid, map);
}

static void take_comm(void *owner, pid_t pid, const char *comm, bool exec)
{
	struct stacks *stacks = owner;

	maps_comm(stacks->maps, pid, comm, exec);
}

static void take_fork(void *owner, pid_t pid, pid_t parent)
{
	struct stacks *stacks = owner;
	struct account *account = account_of(stacks, pid);

	/* Of one that had the same number, and was never followed. */
	if (account)
		*account = (struct account){ .entry = account->entry };
	maps_fork(stacks->maps, pid, parent);
}

static void take_exit(void *owner, pid_t pid)
{
	struct stacks *stacks = owner;

	maps_exit(stacks->maps, pid);
}

/* ---- for the follower ---- */

#define EVENT "events/brkwatch/brk_grow"

static int look_for_tracepoint(void)
{
	if (!faccessat(AT_FDCWD, "/sys/kernel/tracing/" EVENT "/format", R_OK, AT_EACCESS) ||
	    (errno == ENOENT &&
	     !faccessat(AT_FDCWD, "/sys/kernel/debug/tracing/" EVENT "/format", R_OK, AT_EACCESS)))
		return 0;
	return errno;
}

/* NULL: after a complaint. */
static struct trace_format *find_tracepoint(void)
{
	int error = look_for_tracepoint();
	/* Which would mount tracefs where it is not. */
	struct trace_format *format = error ? NULL : trace_format_new();

	if (error == ENOENT)
		warn_user("/sys/kernel/tracing has no " EVENT ": tracefs is not mounted there "
			  "(mount -t tracefs tracefs /sys/kernel/tracing), the module is too old, "
			  "or the kernel has no tracepoints");
	else if (error)
		warn_user("/sys/kernel/tracing/" EVENT ": %s%s", strerror(error),
			  error == EACCES || error == EPERM ?
			  "; run it as root, or with read permission for tracefs and CAP_PERFMON" : "");
	else if (!format)
		warn_user("the format of " EVENT " is unknown: use brkwatch-stacks and the module of the same version");
	return format;
}

struct stacks *stacks_new(const struct stacks_options *opts)
{
	struct stacks *stacks = needed(calloc(1, sizeof(*stacks)));

	*stacks = (struct stacks){
		.opts = opts, .page_size = (uint64_t)sysconf(_SC_PAGESIZE),
		.ops = {
			.sample = take_sample, .map = take_map, .comm = take_comm,
			.fork = take_fork, .exit = take_exit, .owner = stacks,
		},
	};
	stacks->recent = needed(calloc(RECENT_SIZE, sizeof(*stacks->recent)));
	if (paths_init(&stacks->paths))
		out_of_memory();
	if (!opts->flamegraph || newfile_possible(opts->flamegraph))
		stacks->maps = maps_new();
	if (stacks->maps)
		stacks->format = find_tracepoint();
	if (stacks->format)
		stacks->perf = perf_open(&stacks->ops,
					 (const int[]){ trace_format_id(stacks->format, BRKWATCH_GROW),
							trace_format_id(stacks->format, BRKWATCH_REFUSED) },
					 opts->children);
	if (stacks->perf)
		return stacks;
	stacks_free(stacks);
	return NULL;
}

static void drop_account(void *owner, void *account)
{
	pid_drop(&((struct stacks *)owner)->accounts, account);
}

void stacks_free(struct stacks *stacks)
{
	if (!stacks)
		return;
	if (stacks->perf)
		perf_close(stacks->perf);
	trace_format_free(stacks->format);
	maps_free(stacks->maps);
	paths_free(&stacks->paths);
	pid_visit(&stacks->accounts, drop_account, stacks);
	free(stacks->recent);
	free(stacks);
}

int stacks_attach(struct stacks *stacks, pid_t pid)
{
	get_account(stacks, pid);
	if (perf_attach(stacks->perf, pid))
		return -1;
	maps_add(stacks->maps, pid, NULL);
	return 0;
}

int stacks_fd(const struct stacks *stacks)
{
	return perf_fd(stacks->perf);
}

void stacks_drain(struct stacks *stacks)
{
	perf_drain(stacks->perf);
}

void stacks_base(struct stacks *stacks, const struct brkwatch_snapshot *snap)
{
	struct account *account = account_of(stacks, (pid_t)snap->pid);
	const struct stack_counts before = { snap->grows, snap->grown_bytes, snap->refused };

	if (!account || account->base_space)
		return;
	account->base_space = snap->space;
	account->base_seq = snap->events;
	add_counts(&account->seen, &before);
}

void stacks_put(struct stacks *stacks, struct outbuf *out, const struct brkwatch_snapshot *snap,
		struct brkwatch_event *ev)
{
	const uint64_t seq = event_unsigned(ev, BRKWATCH_SEQ);
	const struct account *account = account_of(stacks, (pid_t)snap->pid);
	const struct recent *recent = recent_of(stacks, snap->space, seq);
	bool found = false;

	/* What the module shows has been given to perf before, by a clock that may be ahead a little. */
	for (int i = 0; i < 3 && !found; i++) {
		if (i)
			stacks_drain(stacks);
		found = recent->space == snap->space && recent->seq == seq;
	}
	if (!found && (!account || (snap->space == account->base_space && seq <= account->base_seq)))
		return;
	if (stacks->opts->json)
		json_put_stack(out, snap, ev, &stacks->paths, found ? recent->node : 0);
	else if (found)
		paths_put_frames(&stacks->paths, out, recent->node);
	else
		outbuf_printf(out, "    %s\n", no_stack);
}

static void add_missing(struct stacks *stacks, const char *name, const struct stack_counts *missing)
{
	const uint32_t frames[] = {
		paths_frame(&stacks->paths, no_stack, ""), paths_frame(&stacks->paths, name, ""),
	};

	add_to_node(stacks, paths_add(&stacks->paths, frames, 2), missing);
	add_counts(&stacks->missing, missing);
}

static uint64_t rest(uint64_t all, uint64_t seen)
{
	return all > seen ? all - seen : 0;
}

void stacks_done(struct stacks *stacks, pid_t pid, const char *name, struct stack_counts counts)
{
	struct account *account;

	stacks_drain(stacks);
	account = account_of(stacks, pid);
	if (account) {
		counts.growths = rest(counts.growths, account->seen.growths);
		counts.bytes = rest(counts.bytes, account->seen.bytes);
		counts.refused = rest(counts.refused, account->seen.refused);
		pid_drop(&stacks->accounts, account);
	}
	if (counts.growths || counts.bytes || counts.refused)
		add_missing(stacks, name, &counts);
}

/* How sure it is. */
static void put_account(const struct stacks *stacks, struct outbuf *out, uint64_t missed)
{
	const struct stack_counts *missing = &stacks->missing, *has = &stacks->seen;
	uint64_t lost = perf_lost(stacks->perf);
	char seen[TEXT_NUMBER_MAX], sum[TEXT_NUMBER_MAX], text[320];

	*put_size(seen, has->bytes, stacks->opts->bytes) = '\0';
	*put_size(sum, has->bytes + missing->bytes, stacks->opts->bytes) = '\0';
	snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " growths have a stack (%s of %s)",
		 has->growths, has->growths + missing->growths, seen, sum);
	if (has->refused || missing->refused)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "; %" PRIu64 " of %" PRIu64 " refusals", has->refused,
			 has->refused + missing->refused);
	/* The kernel tells with the next sample, so that of the last ones it never does. */
	if (lost)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ", at least %" PRIu64 " records lost", lost);
	if (missed)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "; what was done in %" PRIu64 " address space%s is not known", missed,
			 missed == 1 ? "" : "s");
	if (!stacks->opts->quiet)
		outbuf_printf(out, "... %s\n", text);
	else if (lost || missed || missing->growths || missing->bytes || missing->refused)
		warn_user("%s", text);
}

static bool draw(const struct paths *functions, const char *file)
{
	struct newfile graph;
	int rc;

	if (!newfile_open(&graph, file))
		return false;
	rc = flame_write(functions, graph.fd);
	if (rc)
		warn_user("cannot write %s: %s", file, strerror(-rc));
	return newfile_close(&graph, !rc);
}

bool stacks_finish(struct stacks *stacks, struct outbuf *out, uint64_t missed)
{
	const struct stacks_options *opts = stacks->opts;
	struct paths functions = { 0 };
	bool ok = true;

	stacks_drain(stacks);
	if (!opts->quiet)
		paths_put_table(&stacks->paths, out, opts->bytes);
	put_account(stacks, out, missed);
	if (!opts->folded && !opts->flamegraph)
		return true;
	if (paths_of_functions(&stacks->paths, &functions))
		out_of_memory();
	if (opts->folded)
		paths_put_folded(&functions, out);
	if (opts->flamegraph && !stacks->seen.growths && !stacks->missing.growths)
		warn_user("no heap has grown, so %s is not written", opts->flamegraph);
	else if (opts->flamegraph)
		ok = draw(&functions, opts->flamegraph);
	paths_free(&functions);
	return ok;
}
