// SPDX-License-Identifier: GPL-2.0
#include <sys/epoll.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/follow.h"
#include "common/parse-values.h"
#include "common/program.h"
#include "common/why-not.h"
#include "events/printer.h"
#include "stacks/account.h"

enum { OPT_DURATION = 0x100, OPT_FOLDED, OPT_FLAMEGRAPH, OPT_BYTES };

/* What one run of the program works with. */
struct session {
	struct printer printer;		/* first, as it is what the sink's functions get */
	struct stacks *stacks;
	struct outbuf *out;
	struct selection selection;
	const char *output;
	char *const *command;
	uint64_t duration_ms;
	struct stacks_options options;
	struct event_style style;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Follow:", 2 },
	{ "follow-forks", 'f', NULL, 0, "also follow all their descendants", 2 },
	{ "duration", OPT_DURATION, "SECONDS", 0, "stop after that time", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "summary-only", 'c', NULL, 0, "print no events, only the bytes of each call path", 3 },
	{ "folded", OPT_FOLDED, NULL, 0, "print only the call paths, for flame graph tools", 3 },
	{ "flamegraph", OPT_FLAMEGRAPH, "FILE", 0, "also draw a flame graph, an SVG", 3 },
	{ "bytes", OPT_BYTES, NULL, 0, "print sizes in bytes instead of KiB, MiB, ...", 3 },
	{ "output", 'o', "FILE", 0, "write to FILE", 3 },
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

	stacks_done(session->stacks, (pid_t)process->snap.pid, process->snap.name,
		    (struct stack_counts){ process->totals.grows, process->totals.grown_bytes,
					   process->totals.refused });
	return printer_sink.done(&session->printer, process, ended);
}

static void put_frames(void *owner, struct outbuf *out, const struct brkwatch_process *process,
		       struct brkwatch_event *ev)
{
	const struct session *session = owner;

	if (event_is(ev, BRKWATCH_GROW) || event_is(ev, BRKWATCH_REFUSED))
		stacks_put(session->stacks, out, &process->snap, event_unsigned(ev, BRKWATCH_SEQ));
}

/* ---- the run ---- */

static bool begin(void *owner)
{
	static const struct filter all = { .kinds = 0 };
	struct session *session = owner;

	if (!output_open(session->out, session->output, session->command ? STDERR_FILENO : STDOUT_FILENO))
		return false;
	session->printer = (struct printer){
		.out = session->out, .format = &text_lines, .style = session->style, .filter = &all,
		.below = put_frames, .owner = session,
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
		warn_user("%s (from BRKWATCH_PROC) has saved files: only running processes have stacks", brkwatch_directory(bw));
		return failure(session->command);
	}
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

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct session *session = state->input;
	struct selection *sel = &session->selection;
	bool processes = sel->n || select_searches(sel), ok = true;

	program_check(state, key, arg);
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = sel;
		break;
	case 'f':
		session->options.children = session->style.several = true;
		break;
	case OPT_DURATION:
		ok = parse_seconds("--duration", arg, &session->duration_ms);
		break;
	case OPT_FOLDED:
		session->options.folded = session->options.quiet = true;
		session->style.quiet = session->style.no_events = true;
		break;
	case 'c':
		session->style.no_events = true;
		break;
	case OPT_FLAMEGRAPH:
		session->options.flamegraph = arg;
		break;
	case OPT_BYTES:
		session->options.bytes = session->style.bytes = true;
		break;
	case 'o':
		session->output = arg;
		break;
	case ARGP_KEY_ARG:
		if (program_is_command(state))
			session->command = program_command(state);
		else
			ok = select_pids(sel, arg);
		break;
	case ARGP_KEY_END:
		session->style.summary = session->style.no_events && !session->options.folded;
		ok = processes != !!session->command && !(sel->all && !sel->by_uid);
		if (!ok)
			warn_user(sel->all ? "--all is not possible: name processes by number, --comm or --uid" : processes ?
				  "a command and processes cannot be combined" :
				  "no process given: name one by its number, or use --comm, --uid or -- COMMAND");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return ok ? 0 : program_usage(state);
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &selection_argp, 0, NULL, 1 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.args_doc = "PID...\n-- COMMAND [ARGUMENT]...",
		.doc = "Show which functions make heaps grow or are refused: the functions that were active "
		       "at each event, and the bytes of each call path, until the processes end or Ctrl-C.\v"
		       "For more details see brkwatch-stacks(1).",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	static struct session session = { .out = &out };
	enum exit_status status;
	struct brkwatch *bw;

	program_setup();
	program_parse(&argp, argc, argv, &session);
	bw = open_directory();
	if (!bw)
		return failure(session.command);
	status = run(&session, bw);
	status = output_finish(&out, status, failure(session.command));
	stacks_free(session.stacks);
	select_free(&session.selection);
	brkwatch_close(bw);
	return (int)status;
}
