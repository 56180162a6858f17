// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/parse-values.h"
#include "common/program.h"
#include "common/why-not.h"
#include "malloc/input.h"
#include "malloc/live.h"

enum { OPT_DURATION = 0x100, OPT_BYTES, OPT_JSON, OPT_CSV, OPT_REGIONS, OPT_INPUT, OPT_EXPLAIN, OPT_PERFETTO, OPT_PLOT, OPT_MALLOC };

/* What one run of the program works with. */
struct session {
	struct timeline timeline;
	struct selection selection;
	const char *output, *input, *perfetto, *picture;
	char *const *command;
	uint64_t duration_ms;
	bool children, regions, requests;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What to show:", 2 },
	{ "follow-forks", 'f', NULL, 0, "also follow all their descendants", 2 },
	{ "duration", OPT_DURATION, "SECONDS", 0, "stop after that time", 2 },
	{ "malloc", OPT_MALLOC, NULL, 0, "also show which call of malloc, calloc, ... each was made for; this makes "
	  "all of them slower", 2 },
	{ "regions", OPT_REGIONS, NULL, 0, "show what is mapped now instead of calls", 2 },
	{ "input", OPT_INPUT, "FILE", 0, "show a recording that --json has written; with --regions, a "
	  "copy of /proc/PID/smaps", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "summary-only", 'c', NULL, 0, "print no calls, only the table", 3 },
	{ "explain", OPT_EXPLAIN, NULL, 0, "explain each call in plain words", 3 },
	{ "bytes", OPT_BYTES, NULL, 0, "print sizes in bytes instead of KiB, MiB, ...", 3 },
	{ "json", OPT_JSON, NULL, 0, "print JSON, one object per line", 3 },
	{ "csv", OPT_CSV, NULL, 0, "print calls as comma-separated values", 3 },
	{ "quiet", 'q', NULL, 0, "print only calls: no heading, no table", 3 },
	{ "output", 'o', "FILE", 0, "write to FILE", 3 },
	{ "perfetto", OPT_PERFETTO, "FILE", 0, "also write a trace that ui.perfetto.dev and chrome://tracing open", 3 },
	{ "plot", OPT_PLOT, "FILE", 0, "also draw with brkwatch-plot what is mapped over time: FILE.svg or FILE.png", 3 },
	{ 0 },
};

static bool begin(void *owner)
{
	struct session *session = owner;

	return output_open(session->timeline.printer.out, session->output,
			   session->command ? STDERR_FILENO : STDOUT_FILENO);
}

/* ---- what is mapped now ---- */

static void complain_of_maps(pid_t pid, int error)
{
	if (error == -ENOENT || error == -ESRCH)
		warn_user("%d: no such process, or it has no address space", pid);
	else if (error == -EACCES || error == -EPERM)
		warn_user("%d: permission denied; this needs the same rights as reading /proc/%d/maps: "
			  "the same user and ptrace access, or root", pid, pid);
	else
		warn_user("/proc/%d/smaps: %s", pid, strerror(-error));
}

static bool show_process(struct session *session, pid_t pid, struct regions *regions)
{
	const struct style *style = &session->timeline.printer.style;
	int rc = regions_of(regions, pid, "smaps");

	/* A kernel may be without it. */
	if (rc == -ENOENT)
		rc = regions_of(regions, pid, "maps");
	if (rc) {
		complain_of_maps(pid, rc);
		return false;
	}
	if (session->selection.n > 1 && style->format == FORMAT_TEXT)
		outbuf_printf(session->timeline.printer.out, "... %d\n", pid);
	print_regions(&session->timeline.printer, (uint64_t)pid, regions);
	return true;
}

static bool show_file(struct session *session, FILE *file, struct regions *regions)
{
	int rc = regions_read(regions, file, 0);

	if (rc || !regions->n)
		warn_user("%s: %s", session->input, rc && rc != -EPROTO ? strerror(-rc) : "not a copy of /proc/PID/smaps");
	else
		print_regions(&session->timeline.printer, 0, regions);
	return !rc && regions->n;
}

static bool show_regions(struct session *session, FILE *input)
{
	struct regions regions = { .n = 0 };
	bool ok = true;

	if (input)
		ok = show_file(session, input, &regions);
	for (size_t i = 0; i < session->selection.n; i++)
		ok &= show_process(session, session->selection.pids[i], &regions);
	regions_free(&regions);
	return ok;
}

/* ---- the run ---- */

static FILE *open_input(const struct session *session)
{
	FILE *file = strcmp(session->input, "-") != 0 ? fopen(session->input, "re") : stdin;

	if (!file)
		warn_user("%s: %s", session->input, strerror(errno));
	return file;
}

/* What needs no tracepoints. */
static enum exit_status run_without(struct session *session)
{
	FILE *input = session->input ? open_input(session) : NULL;
	bool ok = (input || !session->input) && begin(session);

	if (ok && session->regions)
		ok = show_regions(session, input);
	else if (ok)
		ok = input_play(&session->timeline, input, session->input);
	if (input && input != stdin)
		fclose(input);
	return ok ? STATUS_OK : STATUS_FAILED;
}

static enum exit_status run(struct session *session)
{
	const bool searches = select_searches(&session->selection);
	struct live live = {
		.timeline = &session->timeline, .selection = &session->selection, .command = session->command,
		.children = session->children, .requests = session->requests, .duration_ms = session->duration_ms, .begin = begin, .owner = session,
	};
	enum exit_status status = failure(session->command);
	struct brkwatch *bw;

	if (session->input || (session->regions && !searches))
		return run_without(session);
	bw = open_directory();
	if (!bw)
		return status;
	live.bw = bw;
	if (!session->command && !select_search(&session->selection, bw))
		status = STATUS_FAILED;
	else
		status = session->regions ? run_without(session) : live_run(&live);
	brkwatch_close(bw);
	return status;
}

/* With what is made of the calls besides what is printed. */
static enum exit_status run_with_files(struct session *session)
{
	struct perfetto *perfetto = &session->timeline.perfetto;
	enum exit_status status;

	if ((session->picture && !picture_possible(session->picture)) ||
	    ((session->perfetto || session->picture) && !perfetto_open(perfetto, session->perfetto)))
		return failure(session->command);
	status = run(session);
	return perfetto_close(perfetto, true, session->picture) ? status : failure(session->command);
}

static bool check(const struct session *session)
{
	const struct style *style = &session->timeline.printer.style;
	const struct selection *sel = &session->selection;
	const int sources = (sel->n || select_searches(sel)) + !!session->command + !!session->input;

	if (sel->all && !sel->by_uid)
		warn_user("--all is not possible: name processes by number, --comm or --uid");
	else if (sources != 1)
		warn_user(sources ? "a command, processes and a recording cannot be combined" :
			  "no process given: name one by its number, or use --comm, --uid or -- COMMAND");
	else if (session->regions && session->command)
		warn_user("--regions shows running processes, not a command");
	else if (session->regions && style->format == FORMAT_CSV)
		warn_user("--regions and --csv cannot be combined; use --json");
	else if (session->requests && (session->input || session->regions))
		warn_user("--malloc is possible only with calls as they happen");
	else if (session->regions && (session->perfetto || session->picture))
		warn_user("--regions shows one moment: there is nothing for --perfetto and --plot");
	else if (style->explain && (style->format != FORMAT_TEXT || style->no_calls || session->regions))
		warn_user("--explain needs calls, as text: it cannot be combined with --json, --csv, -c or --regions");
	else
		return true;
	return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct session *session = state->input;
	struct style *style = &session->timeline.printer.style;
	bool ok = true;

	program_check(state, key, arg);
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->selection;
		break;
	case 'f':
		session->children = true;
		break;
	case OPT_DURATION:
		ok = parse_seconds("--duration", arg, &session->duration_ms);
		break;
	case OPT_MALLOC:
		session->requests = true;
		break;
	case OPT_REGIONS:
		session->regions = true;
		break;
	case OPT_INPUT:
		session->input = arg;
		break;
	case 'c':
		style->no_calls = true;
		break;
	case OPT_EXPLAIN:
		style->explain = true;
		break;
	case OPT_PERFETTO:
		session->perfetto = arg;
		break;
	case OPT_PLOT:
		session->picture = arg;
		break;
	case OPT_BYTES:
		style->bytes = true;
		break;
	case OPT_JSON:
		style->format = FORMAT_JSON;
		break;
	case OPT_CSV:
		style->format = FORMAT_CSV;
		break;
	case 'q':
		style->quiet = true;
		break;
	case 'o':
		session->output = arg;
		break;
	case ARGP_KEY_ARG:
		if (program_is_command(state))
			session->command = program_command(state);
		else
			ok = select_pids(&session->selection, arg);
		break;
	case ARGP_KEY_END:
		ok = check(session);
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
		.args_doc = "PID...\n-- COMMAND [ARGUMENT]...\n--input FILE",
		.doc = "Show the calls of brk, mmap and others by which processes get memory, in one order, what "
		       "each mapping is probably for, and why calls were refused, until the processes end or Ctrl-C.\v"
		       "For more details see brkwatch-malloc(1).",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	static struct session session = { .timeline.printer.out = &out };
	enum exit_status status;

	program_setup();
	program_parse(&argp, argc, argv, &session);
	status = run_with_files(&session);
	status = output_finish(&out, status, failure(session.command));
	select_free(&session.selection);
	intern_free();
	return (int)status;
}
