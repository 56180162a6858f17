// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli/options.h"
#include "common/parse-values.h"
#include "events/columns.h"

enum {
	OPT_FOLLOW = 0x100,
	OPT_EVENT,
	OPT_MIN_DELTA,
	OPT_UNTIL,
	OPT_DURATION,
	OPT_BYTES,
	OPT_EXPLAIN,
	OPT_COLOR,
	OPT_COLUMNS,
	OPT_JSON,
	OPT_CSV,
	OPT_INPUT,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Follow:", 2 },
	{ "follow", OPT_FOLLOW, NULL, 0, "print each event as it happens, also after an exec, until the "
	  "processes end or Ctrl-C", 2 },
	{ "follow-forks", 'f', NULL, 0, "follow, and also follow all their descendants", 2 },
	{ "input", OPT_INPUT, "FILE", 0, "show a recording made with --json or --csv, or a copy of "
	  "a file of /proc/brkwatch, instead of a process", 2 },
	{ NULL, 0, NULL, 0, "Which events, and how long:", 3 },
	{ "event", OPT_EVENT, "LIST", 0, "show only these kinds, such as grow,shrink,refused", 3 },
	{ "min-delta", OPT_MIN_DELTA, "SIZE", 0, "show only events that move the break by at least "
	  "SIZE, such as 64K or 1M", 3 },
	{ "max-events", 'n', "N", 0, "stop after N events", 3 },
	{ "duration", OPT_DURATION, "SECONDS", 0, "stop after that time", 3 },
	{ "until", OPT_UNTIL, "CONDITION", 0, "stop with exit status 3 when CONDITION is true: a kind of "
	  "event, or heap>1G; also grown, shrunk, calls, refused", 3 },
	{ NULL, 0, NULL, 0, "Output:", 4 },
	{ NULL, 't', NULL, 0, "show the time of day; -tt: with microseconds; -ttt: seconds since 1970", 4 },
	{ NULL, 'r', NULL, 0, "show the time since the previous event", 4 },
	{ "summary-only", 'c', NULL, 0, "print no events, only a table at the end", 4 },
	{ "summary", 'C', NULL, 0, "print events, and the table at the end", 4 },
	{ "explain", OPT_EXPLAIN, NULL, 0, "explain each event in plain words", 4 },
	{ "columns", OPT_COLUMNS, "LIST", 0, "show these columns; +LIST: in addition to the usual ones", 4 },
	{ "color", OPT_COLOR, "WHEN", 0, "use colors: auto, always or never", 4 },
	{ "bytes", OPT_BYTES, NULL, 0, "print sizes in bytes instead of KiB, MiB, ...", 4 },
	{ "json", OPT_JSON, NULL, 0, "print JSON, one object per line", 4 },
	{ "csv", OPT_CSV, NULL, 0, "print events as comma-separated values", 4 },
	{ "quiet", 'q', NULL, 0, "print only events: no heading, no totals", 4 },
	{ "output", 'o', "FILE", 0, "write to FILE", 4 },
	{ 0 },
};

static bool take(int key, char *arg, struct options *opts)
{
	struct event_style *style = &opts->style;

	switch (key) {
	case 'f':
		opts->forks = true;
		/* fall through */
	case OPT_FOLLOW:
		opts->follow = true;
		break;
	case OPT_EVENT:
		return filter_parse_kinds(arg, &opts->filter.kinds) ||
		       not_understood("--event", arg, "kinds such as grow,shrink,refused");
	case OPT_MIN_DELTA:
		return parse_size(arg, &opts->filter.min_delta) ||
		       not_understood("--min-delta", arg, "a size such as 64K or 1M");
	case OPT_UNTIL:
		return filter_parse_until(&opts->filter, arg) ||
		       not_understood("--until", arg, "a condition such as refused or heap>64M");
	case OPT_DURATION:
		return parse_seconds("--duration", arg, &opts->duration_ms);
	case 'n':
		return parse_count("--max-events", arg, &opts->max_events);
	case 't':
		style->stamp = style->stamp >= STAMP_OF_DAY && style->stamp < STAMP_EPOCH ?
			       style->stamp + 1 : STAMP_OF_DAY;
		break;
	case 'r':
		style->stamp = STAMP_RELATIVE;
		break;
	case 'c':
		style->no_events = true;
		/* fall through */
	case 'C':
		style->summary = true;
		break;
	case OPT_INPUT:
		opts->input = arg;
		break;
	case OPT_EXPLAIN:
		opts->explain = true;
		break;
	case OPT_COLUMNS:
		return !columns_parse(arg, &style->columns) ||
		       not_understood("--columns", arg, "different columns of those that --help lists");
	case OPT_COLOR:
		return parse_color(arg, &opts->color);
	case OPT_BYTES:
		style->bytes = true;
		break;
	case OPT_JSON:
		opts->format = opts->format == &csv_lines ? NULL : &json_lines;
		break;
	case OPT_CSV:
		opts->format = opts->format == &json_lines ? NULL : &csv_lines;
		break;
	case 'q':
		style->quiet = true;
		break;
	case 'o':
		opts->output = arg;
		break;
	}
	return true;
}

/* Options about future events make no sense for a state. */
static bool wants_follow(const struct options *opts)
{
	return opts->filter.until || opts->duration_ms || opts->max_events || opts->style.summary;
}

/* Some columns exist only as text; all others have a value. */
static bool columns_have_values(const struct column_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (event_columns[list->ids[i]].kind == VALUE_FOR_PEOPLE)
			return false;
	return true;
}

/* Which options contradict each other, or NULL. */
static const char *contradiction(const struct options *opts)
{
	const struct selection *sel = &opts->selection;
	bool processes = sel->n || select_searches(sel), recorded = opts->input;

	if (!opts->format)
		return "--json and --csv cannot be combined";
	if (opts->command && processes)
		return "a command and processes cannot be combined";
	if (recorded && (opts->command || processes))
		return "--input cannot be combined with processes or a command";
	if (recorded && opts->duration_ms)
		return "--duration cannot be combined with --input";
	if (!opts->command && !processes && !recorded)
		return "no process given: name one by its number, or use --comm, --uid, --all or -- COMMAND";
	if (!opts->format->for_people && !columns_have_values(&opts->style.columns))
		return "the columns trend and note exist only as text, not with --json or --csv";
	if (opts->explain && !opts->format->for_people)
		return "--explain cannot be combined with --json or --csv";
	if (opts->format == &csv_lines && opts->style.summary)
		return "--summary cannot be combined with --csv";
	if (!opts->follow && !recorded && wants_follow(opts))
		return "--until, --duration, --max-events and --summary need --follow";
	if (!opts->follow && !recorded && opts->format == &csv_lines)
		return "--csv needs --follow";
	if (!opts->follow && !recorded && opts->style.quiet)
		return "--quiet needs --follow";
	return NULL;
}

static void finish(struct options *opts, const struct argp_state *state)
{
	const char *wrong;

	/* A recording contains events, unless it is a copy of a file and no option asks for more. */
	opts->follow |= opts->command || (opts->input && (wants_follow(opts) || opts->format == &csv_lines));
	wrong = contradiction(opts);
	if (!wrong)
		return;
	warn_user("%s", wrong);
	program_usage(state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	program_check(state, key, arg);
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->selection;
		return 0;
	case ARGP_KEY_ARG:
		if (program_is_command(state))
			opts->command = program_command(state);
		else if (!select_pids(&opts->selection, arg))
			program_usage(state);
		return 0;
	case ARGP_KEY_END:
		finish(opts, state);
		return 0;
	}
	if (key & 0xff000000)
		return ARGP_ERR_UNKNOWN;
	return take(key, arg, opts) ? 0 : program_usage(state);
}

/* The columns, after everything else. */
static char *more_help(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_EXTRA)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fputs("Columns:\n", out);
	for (enum column_id id = 0; id < COLUMNS; id++)
		fprintf(out, "  %-22s  %s\n", event_columns[id].name, event_columns[id].help);
	fputs("\nEnvironment:\n"
	      "  BRKWATCH_PROC           directory to read instead of /proc/brkwatch\n"
	      "  NO_COLOR                set and not empty: no colors, unless by --color\n"
	      "\n"
	      "For more details see brkwatch-cli(1).", out);
	fclose(out);
	return help;
}

void options_parse(struct options *opts, int argc, char **argv)
{
	static const struct argp_child children[] = { { &selection_argp, 0, NULL, 1 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children, .help_filter = more_help,
		.args_doc = "PID...\n--follow PID...\n--input FILE\n-- COMMAND [ARGUMENT]...",
		.doc = "Show where the heap of a process ends (its program break), which brk(2) calls "
		       "moved it, and why the kernel refused others. Needs the kernel module brkwatch.",
	};

	*opts = (struct options){ .format = &text_lines };
	program_parse(&argp, argc, argv, opts);
}
