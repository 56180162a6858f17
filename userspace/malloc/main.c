// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/program.h"
#include "common/why-not.h"
#include "malloc/input.h"
#include "malloc/live.h"

/* What one run of the program works with. */
static struct session {
	struct timeline timeline;
	struct selection selection;
	const char *output, *input, *perfetto, *picture;
	char *const *command;
	uint64_t duration_ms;
	bool children, regions, requests;
} the_session;

static bool take_format(const char *name, const char *arg, void *format)
{
	const enum format wanted = strcmp(name, "--csv") != 0 ? FORMAT_JSON : FORMAT_CSV;
	enum format *chosen = format;

	(void)arg;
	if (*chosen != FORMAT_TEXT && *chosen != wanted) {
		warn_user("--json and --csv cannot be combined");
		return false;
	}
	*chosen = wanted;
	return true;
}

#define STYLE the_session.timeline.printer.style

static const struct program_option options[] = {
	SELECTION_OPTIONS(&the_session.selection),
	{ NULL, 0, NULL, "What to show:", NULL, NULL },
	{ "follow-forks", 'f', NULL, "also follow all their descendants", take_flag, &the_session.children },
	{ "duration", 0, "SECONDS", "stop after that time", take_seconds, &the_session.duration_ms },
	{ "malloc", 0, NULL, "also show which call of malloc, calloc, ... each was made for; this makes all of them "
	  "slower", take_flag, &the_session.requests },
	{ "regions", 0, NULL, "show what is mapped now instead of calls", take_flag, &the_session.regions },
	{ "input", 0, "FILE", "show a recording that --json has written; with --regions, a copy of "
	  "/proc/PID/smaps", take_text, &the_session.input },
	{ NULL, 0, NULL, "Output:", NULL, NULL },
	{ "summary-only", 'c', NULL, "print no calls, only the table", take_flag, &STYLE.no_calls },
	{ "explain", 0, NULL, "explain each call in plain words", take_flag, &STYLE.explain },
	{ "bytes", 0, NULL, "print sizes in bytes instead of KiB, MiB, ...", take_flag, &STYLE.bytes },
	{ "json", 0, NULL, "print JSON, one object per line", take_format, &STYLE.format },
	{ "csv", 0, NULL, "print calls as comma-separated values", take_format, &STYLE.format },
	{ "quiet", 'q', NULL, "print only calls: no heading, no table", take_flag, &STYLE.quiet },
	{ "output", 'o', "FILE", "write to FILE", take_text, &the_session.output },
	{ "perfetto", 0, "FILE", "also write a trace that ui.perfetto.dev and chrome://tracing open", take_text,
	  &the_session.perfetto },
	{ "plot", 0, "FILE", "also draw with brkwatch-plot what is mapped over time: FILE.svg or FILE.png",
	  take_text, &the_session.picture },
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
	if (complain_of_task(pid))
		return;
	if (error == -EACCES || error == -EPERM)
		warn_user("%d: permission denied; this needs the same rights as reading /proc/%d/maps: "
			  "the same user and ptrace access, or root", pid, pid);
	else
		warn_user("cannot read /proc/%d/smaps: %s", pid, strerror(-error));
}

static bool show_process(struct session *session, pid_t pid, struct regions *regions,
			 const struct brkwatch_snapshot *snap)
{
	const struct style *style = &session->timeline.printer.style;
	int rc = regions_of(regions, pid, "smaps", snap);

	/* A kernel may be without it. */
	if (rc == -ENOENT)
		rc = regions_of(regions, pid, "maps", snap);
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
	int rc = regions_read(regions, file, 0, 0);

	if (rc || !regions->n)
		warn_user("%s: %s", session->input, rc && rc != -EPROTO ? strerror(-rc) : "not a copy of /proc/PID/smaps");
	else
		print_regions(&session->timeline.printer, 0, regions);
	return !rc && regions->n;
}

static bool show_regions(struct session *session, FILE *input)
{
	struct brkwatch_reader *reader = needed(brkwatch_reader_new());
	struct regions regions = { .n = 0 };
	/* It knows where heaps end, but none of it is needed. */
	struct brkwatch *bw = find_directory();
	bool ok = true;

	if (input)
		ok = show_file(session, input, &regions);
	for (size_t i = 0; i < session->selection.n; i++) {
		const pid_t pid = session->selection.pids[i];
		const struct brkwatch_snapshot *snap;

		if (!bw || brkwatch_read(reader, bw, pid, &snap))
			snap = NULL;
		ok &= show_process(session, pid, &regions, snap);
	}
	regions_free(&regions);
	brkwatch_reader_free(reader);
	brkwatch_close(bw);
	return ok;
}

/* ---- the run ---- */

static FILE *open_input(const struct session *session)
{
	const char *const outputs[] = { session->output, session->perfetto, session->picture };
	FILE *file = strcmp(session->input, "-") != 0 ? fopen(session->input, "re") : stdin;

	if (!file)
		warn_user("cannot read %s: %s", session->input, strerror(errno));
	for (int i = 0; file && i < 3; i++) {
		if (!output_is_another(outputs[i], fileno(file))) {
			fclose(file);
			file = NULL;
		}
	}
	return file;
}

/* What needs no tracepoints. */
static bool run_without(struct session *session)
{
	FILE *input = session->input ? open_input(session) : NULL;
	bool ok = (input || !session->input) && begin(session);

	if (ok && session->regions)
		ok = show_regions(session, input);
	else if (ok)
		ok = input_play(&session->timeline, input, session->input);
	if (input && input != stdin)
		fclose(input);
	return ok;
}

/* Whether all was seen. Only of a command @status is set: see live_run(). */
static bool run(struct session *session, enum exit_status *status)
{
	const bool searches = select_searches(&session->selection);
	struct live live = {
		.timeline = &session->timeline, .selection = &session->selection, .command = session->command,
		.children = session->children, .requests = session->requests,
		.duration_ms = session->duration_ms, .begin = begin, .owner = session,
	};
	struct brkwatch *bw;
	bool ok = false;

	if (session->input || (session->regions && !searches))
		return run_without(session);
	live.bw = bw = open_directory();
	if (!bw)
		return false;
	if (!brkwatch_is_live(bw))
		warn_user("%s (from BRKWATCH_PROC) has saved files: only running processes have mappings",
			  brkwatch_directory(bw));
	else if (session->command || select_search(&session->selection, bw))
		ok = session->regions ? run_without(session) : live_run(&live, status);
	brkwatch_close(bw);
	return ok;
}

/* With what is made of the calls besides what is printed. */
static enum exit_status run_with_files(struct session *session)
{
	struct perfetto *perfetto = &session->timeline.perfetto;
	enum exit_status status = failure(session->command);
	bool ok;

	if ((session->picture && !picture_possible(session->picture)) ||
	    ((session->perfetto || session->picture) && !perfetto_open(perfetto, session->perfetto)))
		return status;
	ok = run(session, &status);
	if (ok && !session->command)
		status = STATUS_OK;
	if (!perfetto_close(perfetto, ok, session->picture) && ok)
		status = failure(session->command);
	return status;
}

static bool check(void)
{
	const struct session *session = &the_session;
	const struct style *style = &session->timeline.printer.style;
	const struct selection *sel = &session->selection;
	const int sources = (sel->n || select_searches(sel)) + !!session->command + !!session->input;

	if (sources != 1)
		warn_user(sources ? "a command, processes and a recording cannot be combined" :
			  "no process given: give a PID, or use --comm, --uid or -- COMMAND");
	else if (session->regions && session->command)
		warn_user("--regions shows running processes, not a command");
	else if (session->regions && style->format == FORMAT_CSV)
		warn_user("--regions and --csv cannot be combined; use --json");
	else if ((session->requests || session->children || session->duration_ms) &&
		 (session->input || session->regions))
		warn_user("--malloc, --follow-forks and --duration follow calls: they cannot be combined with --input or --regions");
	else if (session->regions && (session->perfetto || session->picture || style->no_calls || style->quiet))
		warn_user("--regions shows one moment: --perfetto, --plot, -c and -q cannot be combined with it");
	else if (style->no_calls && (style->quiet || style->format == FORMAT_CSV))
		warn_user("-c prints no calls, -q and --csv print only calls: they cannot be combined");
	else if (style->explain && (style->format != FORMAT_TEXT || style->no_calls || session->regions))
		warn_user("--explain needs calls, as text: it cannot be combined with --json, --csv, -c or --regions");
	else
		return true;
	return false;
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.options = options, .argument = take_pids, .to = &the_session.selection,
		.command = &the_session.command, .check = check,
		.usage = "PID...\n-- COMMAND [ARGUMENT]...\n--input FILE",
		.purpose = "Show the calls of brk, mmap and others by which processes get memory, in one order, what "
			   "each mapping is probably for, and why calls were refused, until the processes end or Ctrl-C.",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	enum exit_status status;

	program_start(&program, argc, argv);
	the_session.timeline.printer.out = &out;
	status = run_with_files(&the_session);
	status = output_finish(&out, status, failure(the_session.command));
	select_free(&the_session.selection);
	intern_free();
	return (int)status;
}
