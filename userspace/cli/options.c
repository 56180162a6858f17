// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "cli/options.h"
#include "events/columns.h"

static struct options opts = { .format = &text_lines };

static bool take_forks(const char *name, const char *arg, void *to)
{
	opts.forks = true;
	return take_flag(name, arg, to);
}

static bool take_kinds(const char *name, const char *list, void *kinds)
{
	return filter_parse_kinds(list, kinds) || not_understood(name, list, "kinds such as grow,shrink,refused");
}

static bool take_until(const char *name, const char *condition, void *filter)
{
	return filter_parse_until(filter, condition) || not_understood(name, condition, "a condition such as refused or heap>64M");
}

static bool take_columns(const char *name, const char *list, void *columns)
{
	return !columns_parse(list, columns) || not_understood(name, list, "names of columns, each once; --help lists them");
}

/* -t, -tt and -ttt */
static bool take_stamp(const char *name, const char *arg, void *to)
{
	enum time_stamp *stamp = to;

	(void)name;
	(void)arg;
	*stamp = *stamp >= STAMP_OF_DAY && *stamp < STAMP_EPOCH ? *stamp + 1 : STAMP_OF_DAY;
	return true;
}

static bool take_relative(const char *name, const char *arg, void *stamp)
{
	(void)name;
	(void)arg;
	*(enum time_stamp *)stamp = STAMP_RELATIVE;
	return true;
}

static bool take_summary_only(const char *name, const char *arg, void *to)
{
	opts.style.no_events = true;
	return take_flag(name, arg, to);
}

static bool take_format(const char *name, const char *arg, void *format)
{
	(void)name;
	(void)arg;
	opts.format = opts.format == &text_lines || opts.format == format ? format : NULL;
	return true;
}

static const struct program_option options[] = {
	ALL_SELECTION_OPTIONS(&opts.selection),
	{ NULL, 0, NULL, "Follow:", NULL, NULL },
	{ "follow", 0, NULL, "print each event as it happens, also after an exec, until the processes end or "
	  "Ctrl-C", take_flag, &opts.follow },
	{ "follow-forks", 'f', NULL, "follow, and also follow all their descendants", take_forks, &opts.follow },
	{ "input", 0, "FILE", "show a recording made with --json or --csv, or a copy of a file of "
	  "/proc/brkwatch, instead of a process", take_text, &opts.input },
	{ NULL, 0, NULL, "Which events, and how long:", NULL, NULL },
	{ "event", 0, "LIST", "show only these kinds, such as grow,shrink,refused", take_kinds,
	  &opts.filter.kinds },
	{ "min-delta", 0, "SIZE", "show only events that move the break by at least SIZE, such as 64K or 1M",
	  take_size, &opts.filter.min_delta },
	{ "max-events", 'n', "N", "stop after N events", take_count, &opts.max_events },
	{ "duration", 0, "SECONDS", "stop after that time", take_seconds, &opts.duration_ms },
	{ "until", 0, "CONDITION", "stop with exit status 3 when CONDITION is true: a kind of event, or "
	  "heap>1G; also grown, shrunk, calls, refused", take_until, &opts.filter },
	{ NULL, 0, NULL, "Output:", NULL, NULL },
	{ NULL, 't', NULL, "show the time of day; -tt: with microseconds; -ttt: seconds since 1970", take_stamp,
	  &opts.style.stamp },
	{ NULL, 'r', NULL, "show the time since the previous event", take_relative, &opts.style.stamp },
	{ "summary-only", 'c', NULL, "print no events, only a table at the end", take_summary_only,
	  &opts.style.summary },
	{ "summary", 'C', NULL, "print events, and the table at the end", take_flag, &opts.style.summary },
	{ "explain", 0, NULL, "explain each event in plain words", take_flag, &opts.explain },
	{ "columns", 0, "LIST", "show these columns; +LIST: in addition to the usual ones", take_columns,
	  &opts.style.columns },
	{ "color", 0, "WHEN", "use colors: auto, always or never", take_color, &opts.color },
	{ "bytes", 0, NULL, "print sizes in bytes instead of KiB, MiB, ...", take_flag, &opts.style.bytes },
	{ "json", 0, NULL, "print JSON, one object per line", take_format, (void *)&json_lines },
	{ "csv", 0, NULL, "print events as comma-separated values", take_format, (void *)&csv_lines },
	{ "quiet", 'q', NULL, "print only events: no heading, no totals", take_flag, &opts.style.quiet },
	{ "output", 'o', "FILE", "write to FILE", take_text, &opts.output },
	{ 0 },
};

/* Options about future events make no sense for a state. */
static bool wants_follow(void)
{
	return opts.filter.until || opts.duration_ms || opts.max_events || opts.style.summary;
}

/* One exists only as text; all others have a value. */
static bool columns_have_values(const struct column_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (event_columns[list->ids[i]].kind == VALUE_FOR_PEOPLE)
			return false;
	return true;
}

/* Which options contradict each other, or NULL. */
static const char *contradiction(void)
{
	const struct selection *sel = &opts.selection;
	bool processes = sel->n || select_searches(sel), recorded = opts.input;

	if (!opts.format)
		return "--json and --csv cannot be combined";
	if (opts.command && processes)
		return "a command and processes cannot be combined";
	if (recorded && (opts.command || processes))
		return "--input cannot be combined with processes or a command";
	if (recorded && opts.duration_ms)
		return "--duration cannot be combined with --input";
	if (!opts.command && !processes && !recorded)
		return "no process given: give a PID, or use --comm, --uid, --all or -- COMMAND";
	if (!opts.format->for_people && !columns_have_values(&opts.style.columns))
		return "the column note exists only as text, not with --json or --csv";
	if (opts.explain && !opts.format->for_people)
		return "--explain cannot be combined with --json or --csv";
	if (opts.format == &csv_lines && opts.style.summary)
		return "--summary cannot be combined with --csv";
	if (!opts.follow && !recorded && wants_follow())
		return "--until, --duration, --max-events and --summary need --follow";
	if (!opts.follow && !recorded && opts.format == &csv_lines)
		return "--csv needs --follow";
	if (!opts.follow && !recorded && opts.style.quiet)
		return "--quiet needs --follow";
	return NULL;
}

static bool check(void)
{
	const char *wrong;

	/* A recording contains events, unless it is a copy of a file and no option asks for more. */
	opts.follow |= opts.command || (opts.input && (wants_follow() || opts.format == &csv_lines));
	wrong = contradiction();
	if (wrong)
		warn_user("%s", wrong);
	return !wrong;
}

/* The columns, after everything else. */
static char *more_help(void)
{
	char *help = NULL;
	size_t size;
	FILE *out = open_memstream(&help, &size);

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

struct options *options_parse(int argc, char **argv)
{
	static const struct program program = {
		.options = options, .argument = take_pids, .to = &opts.selection, .command = &opts.command,
		.check = check, .more_help = more_help,
		.usage = "PID...\n--follow PID...\n--input FILE\n-- COMMAND [ARGUMENT]...",
		.purpose = "Show where the heap of a process ends (its program break), which brk(2) calls "
			   "moved it, and why the kernel refused others. Needs the kernel module brkwatch.",
	};

	program_start(&program, argc, argv);
	return &opts;
}
