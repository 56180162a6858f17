// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/follow.h"
#include "common/program.h"
#include "common/utf8.h"
#include "common/why-not.h"
#include "events/printer.h"
#include "stacks/account.h"

/* What one run of the program works with. */
static struct session {
	struct printer printer;		/* first, as it is what the sink's functions get */
	struct stacks *stacks;
	struct outbuf *out;
	struct selection selection;
	const char *output;
	char *const *command;
	uint64_t duration_ms;
	struct stacks_options options;
	struct event_style style;
	struct wall wall;
} the_session;

static const struct program_option options[] = {
	SELECTION_OPTIONS(&the_session.selection),
	{ NULL, 0, NULL, "Follow:", NULL, NULL },
	{ "follow-forks", 'f', NULL, "also follow all their descendants", take_flag, &the_session.options.children },
	{ "duration", 0, "SECONDS", "stop after that time", take_seconds, &the_session.duration_ms },
	{ NULL, 0, NULL, "Output:", NULL, NULL },
	{ "summary-only", 'c', NULL, "print no events, only the bytes of each call path", take_flag,
	  &the_session.style.no_events },
	{ "folded", 0, NULL, "print only the call paths, for flame graph tools", take_flag,
	  &the_session.options.folded },
	{ "flamegraph", 0, "FILE", "also draw a flame graph, an SVG", take_text, &the_session.options.flamegraph },
	{ "bytes", 0, NULL, "print sizes in bytes instead of KiB, MiB, ...", take_flag, &the_session.style.bytes },
	{ "json", 0, NULL, "print JSON, one object per line", take_flag, &the_session.options.json },
	{ "output", 'o', "FILE", "write to FILE", take_text, &the_session.output },
	{ 0 },
};

/* ---- the printer's sink, but for two ---- */

static void start(void *owner, struct brkwatch_process *process)
{
	struct session *session = owner;

	/* What is known of a process before it is followed has no stacks. */
	if (!process->parent && !session->command)
		stacks_base(session->stacks, &process->snap);
	printer_sink.start(&session->printer, process);
}

static int done(void *owner, struct brkwatch_process *process, bool ended)
{
	struct session *session = owner;
	char name[sizeof(process->snap.name)];

	/* As perf has it, so that what has no stack is of the same program. */
	name_unescape(name, process->snap.name);
	stacks_done(session->stacks, (pid_t)process->snap.pid, name,
		    (struct stack_counts){ process->totals.grows, process->totals.grown_bytes,
					   process->totals.refused });
	return printer_sink.done(&session->printer, process, ended);
}

static void put_frames(void *owner, struct outbuf *out, const struct brkwatch_process *process,
		       struct brkwatch_event *ev)
{
	const struct session *session = owner;

	if (event_is(ev, BRKWATCH_GROW) || event_is(ev, BRKWATCH_REFUSED))
		stacks_put(session->stacks, out, &process->snap, ev);
}

/* ---- the run ---- */

static bool begin(void *owner)
{
	static const struct filter all = { .kinds = 0 };
	struct session *session = owner;

	if (!output_open(session->out, session->output, session->command ? STDERR_FILENO : STDOUT_FILENO))
		return false;
	session->printer = (struct printer){
		.out = session->out, .format = session->options.json ? &json_lines : &text_lines,
		.style = session->style, .filter = &all, .below = put_frames, .owner = session,
	};
	printer_init(&session->printer);
	return true;
}

static void drain(void *owner)
{
	stacks_drain(owner);
}

/* Before the processes are looked at: what they do from then on has its stack. */
static int prepare(void *owner, struct brkwatch_follower *follower, const pid_t *pids, size_t n)
{
	const struct session *session = owner;
	int rc = brkwatch_follower_watch(follower, stacks_fd(session->stacks), EPOLLIN, drain,
					 session->stacks);

	for (size_t i = 0; i < n && !rc; i++)
		rc = stacks_attach(session->stacks, pids[i]) ? -ECANCELED : 0;
	return rc;
}

static enum exit_status run(struct session *session, struct brkwatch *bw)
{
	struct selection *sel = &session->selection;
	struct following following = {
		.bw = bw, .out = session->out, .listener = { printer_sink, session },
		.children = session->options.children, .duration_ms = session->duration_ms,
		.prepare = prepare,
	};
	enum exit_status status;

	following.listener.sink.start = start;
	following.listener.sink.done = done;
	if (!brkwatch_is_live(bw)) {
		warn_user("%s (from BRKWATCH_PROC) has saved files: only running processes have stacks; unset BRKWATCH_PROC", brkwatch_directory(bw));
		return failure(session->command);
	}
	session->wall.bw = bw;
	session->style.wall = &session->wall;
	session->stacks = stacks_new(&session->options);
	if (!session->stacks)
		return failure(session->command);
	if (session->command) {
		status = follow_command(&following, session->command, begin);
	} else {
		if (!select_search(sel, bw))
			return STATUS_FAILED;
		session->style.several |= sel->n > 1;
		if (!begin(session))
			return STATUS_FAILED;
		status = follow_pids(&following, sel->pids, sel->n);
	}
	printer_finish(&session->printer);
	if (!stacks_finish(session->stacks, session->out, session->printer.missed))
		status = failure(session->command);
	return status;
}

static bool check(void)
{
	const struct selection *sel = &the_session.selection;
	const bool processes = sel->n || select_searches(sel);
	struct stacks_options *opts = &the_session.options;
	struct event_style *style = &the_session.style;

	style->several = opts->children;
	style->summary = style->no_events && !opts->folded;
	style->no_events |= opts->folded;
	style->quiet = opts->folded;
	opts->quiet = opts->folded || opts->json;
	opts->bytes = style->bytes;
	if (processes && the_session.command)
		warn_user("a command and processes cannot be combined");
	else if (opts->json && style->no_events)
		warn_user("--json prints events and their stacks: -c and --folded cannot be combined with it");
	else if (!processes && !the_session.command)
		warn_user("no process given: give a PID, or use --comm, --uid or -- COMMAND");
	else
		return true;
	return false;
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.options = options, .argument = take_pids, .to = &the_session.selection,
		.command = &the_session.command, .check = check,
		.usage = "PID...\n-- COMMAND [ARGUMENT]...",
		.purpose = "Show which functions make heaps grow or are refused: the functions that were active "
			   "at each event, and the bytes of each call path, until the processes end or Ctrl-C.",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	struct session *session = &the_session;
	enum exit_status status;
	struct brkwatch *bw;

	program_start(&program, argc, argv);
	session->out = &out;
	bw = open_directory();
	if (!bw)
		return failure(session->command);
	status = run(session, bw);
	status = output_finish(&out, status, failure(session->command));
	stacks_free(session->stacks);
	select_free(&session->selection);
	brkwatch_close(bw);
	return (int)status;
}
