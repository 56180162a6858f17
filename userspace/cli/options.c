// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/groups.h"
#include "cli/options.h"

enum {
	OPT_FOLLOW = UCHAR_MAX + 1,
	OPT_COMM,
	OPT_UID,
	OPT_ALL,
	OPT_EVENT,
	OPT_MIN_DELTA,
	OPT_UNTIL,
	OPT_DURATION,
	OPT_TOOK,
	OPT_BYTES,
	OPT_TOP,
	OPT_EXPLAIN,
	OPT_COLOR,
	OPT_COLUMNS,
	OPT_JSON,
	OPT_CSV,
	OPT_INPUT,
	OPT_PLOT,
	OPT_STACKS,
	OPT_FOLDED,
	OPT_FLAMEGRAPH,
	OPT_METRICS,
	OPT_METRICS_FILE,
	OPT_OPENMETRICS,
	OPT_INTERVAL,
	OPT_GROUPS,
};

/* Of --top. */
#define INTERVAL_MS	2000

/* The only list of options: getopt's and the help are made of it. */
static const struct option_info {
	int id;			/* its short form, where that is a character; 0: a heading */
	const char *name;
	const char *argument;
	const char *help;	/* lines */
} infos[] = {
	{ 0, NULL, NULL, "Which processes:" },
	{ 'p', "pid", "LIST", "these, as 17,18 or what pidof says; or just numbers" },
	{ OPT_COMM, "comm", "REGEX", "those whose command name matches" },
	{ OPT_UID, "uid", "USER", "those of this user" },
	{ OPT_ALL, "all", NULL, "all that may be looked at" },
	{ 0, NULL, NULL, "Follow:" },
	{ OPT_FOLLOW, "follow", NULL, "print each event as it happens, also after an exec,\n"
				      "until the processes end or Ctrl-C" },
	{ 'f', "follow-forks", NULL, "likewise, and their children, and theirs" },
	{ OPT_TOP, "top", NULL, "all processes, largest heap first, again and again:\n"
				"--top [INTERVAL [COUNT]], in seconds" },
	{ OPT_INPUT, "input", "FILE", "what --json or --csv wrote, or a copy of a file of\n"
				      "/proc/brkwatch, instead of a process" },
	{ 0, NULL, NULL, "Which events, and how long:" },
	{ OPT_EVENT, "event", "LIST", "of these kinds, as grow,shrink,refused" },
	{ OPT_MIN_DELTA, "min-delta", "SIZE", "that move the break by at least SIZE, as 64K or 1M" },
	{ 'n', "max-events", "N", "end after N events" },
	{ OPT_DURATION, "duration", "SECONDS", "end after that time" },
	{ OPT_UNTIL, "until", "CONDITION", "end, with exit status 3, when it is true: a kind of\n"
					   "event, or heap>1G; also of grown, shrunk, calls,\n"
					   "refused" },
	{ 0, NULL, NULL, "Who made the heap grow:" },
	{ OPT_STACKS, "stacks", NULL, "the functions that were active at each growth, and\n"
				      "the bytes of each path of calls" },
	{ OPT_FOLDED, "folded", NULL, "only the paths, a line each, for flame graph tools" },
	{ OPT_FLAMEGRAPH, "flamegraph", "FILE", "likewise --stacks, and draw a flame graph: FILE.svg" },
	{ 0, NULL, NULL, "How it looks:" },
	{ 't', NULL, NULL, "time of day; -tt: with microseconds; -ttt: since 1970" },
	{ 'r', NULL, NULL, "time since the event before" },
	{ OPT_TOOK, "took", NULL, "how long each call took, in microseconds" },
	{ 'c', "summary-only", NULL, "no events, but a table when all has ended" },
	{ 'C', "summary", NULL, "events and the table" },
	{ OPT_EXPLAIN, "explain", NULL, "say in plain words what each event means" },
	{ OPT_COLUMNS, "columns", "LIST", "these columns, by name; +NAME: also" },
	{ OPT_COLOR, "color", "WHEN", "auto, always or never" },
	{ OPT_BYTES, "bytes", NULL, "sizes as plain numbers of bytes, not as KiB, MiB, ..." },
	{ OPT_JSON, "json", NULL, "JSON, one object per line" },
	{ OPT_CSV, "csv", NULL, "events as comma-separated values" },
	{ OPT_PLOT, "plot", "FILE", "draw the break over time: FILE.svg or FILE.png" },
	{ 'q', "quiet", NULL, "events only: no head, no totals" },
	{ 'o', "output", "FILE", "write to FILE" },
	{ 0, NULL, NULL, "For Prometheus:" },
	{ OPT_METRICS, "metrics", NULL, "print metrics of all processes, by command name" },
	{ OPT_METRICS_FILE, "metrics-file", "FILE", "write them to FILE" },
	{ OPT_OPENMETRICS, "openmetrics", NULL, "likewise, in the OpenMetrics format" },
	{ OPT_INTERVAL, "interval", "SECONDS", "again and again; at the end FILE is removed" },
	{ OPT_GROUPS, "groups", "N", "how many names are shown, largest heap first (20);\n"
				     "the others are one, called other" },
	{ 0, NULL, NULL, "" },
	{ 'h', "help", NULL, "display this help" },
	{ 'V', "version", NULL, "display the version" },
};

#define INFOS (sizeof(infos) / sizeof(infos[0]))

void options_help(struct outbuf *out)
{
	outbuf_puts(out,
		    "Usage:\n"
		    " brkwatch-cli [options] PID...\n"
		    " brkwatch-cli [options] --follow PID...\n"
		    " brkwatch-cli [options] -- COMMAND [ARGUMENT]...\n"
		    "\n"
		    "Show where the heap of a process ends (its program break), what brk(2) calls\n"
		    "moved it, and why calls were refused. Needs the brkwatch kernel module.\n");
	for (size_t i = 0; i < INFOS; i++) {
		const struct option_info *info = &infos[i];
		const char *line = info->help, *end;
		char form[64];
		int len;

		if (!info->id) {
			outbuf_printf(out, "%s%s\n", *line ? "\n" : "", line);
			continue;
		}
		len = isascii(info->id) ? snprintf(form, sizeof(form), " -%c%s", info->id, info->name ? ", " : "") :
					  snprintf(form, sizeof(form), "     ");
		if (info->name)
			len += snprintf(form + len, sizeof(form) - (size_t)len, "--%s", info->name);
		if (info->argument)
			snprintf(form + len, sizeof(form) - (size_t)len, " %s", info->argument);
		for (;; line = end + 1, *form = '\0') {
			end = strchrnul(line, '\n');
			outbuf_printf(out, "%-24s %.*s\n", form, (int)(end - line), line);
			if (!*end)
				break;
		}
	}
	outbuf_puts(out, "\nColumns:\n");
	for (enum column_id id = 0; id < COLUMNS; id++)
		outbuf_printf(out, " %-22s  %s\n", event_columns[id].name, event_columns[id].help);
	outbuf_puts(out,
		    "\n"
		    "Environment:\n"
		    " BRKWATCH_PROC           directory to read instead of /proc/brkwatch\n"
		    " NO_COLOR                set and not empty: no colors, unless by --color\n"
		    "\n"
		    "For more details see brkwatch-cli(1).\n");
}

/* For getopt_long(). */
static void make_tables(char *letters, struct option *longs)
{
	*letters++ = '+';	/* a command's options are its own */
	for (size_t i = 0; i < INFOS; i++) {
		if (!infos[i].id)
			continue;
		if (isascii(infos[i].id)) {
			*letters++ = (char)infos[i].id;
			if (infos[i].argument)
				*letters++ = ':';
		}
		if (infos[i].name)
			*longs++ = (struct option){
				.name = infos[i].name,
				.has_arg = infos[i].argument ? required_argument : no_argument,
				.val = infos[i].id,
			};
	}
	*letters = '\0';
	*longs = (struct option){ 0 };
}

/* Of --follow there are relatives: no script may come to depend on a short form. */
static bool follow_is_abbreviated(char **argv)
{
	for (char **arg = argv + 1; *arg && strcmp(*arg, "--") != 0; arg++) {
		size_t len = strlen(*arg);

		if (len > 2 && len < strlen("--follow") && !strncmp(*arg, "--follow", len)) {
			warn_user("option '%s' must be written out: --follow", *arg);
			return true;
		}
	}
	return false;
}

static bool wrong(const char *option, const char *argument)
{
	warn_user("--%s: not understood: '%s'", option, argument);
	return false;
}

static bool parse_count(const char *option, const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || !*count)
		return wrong(option, text);
	return true;
}

static bool parse_seconds(const char *option, const char *text, uint64_t *ms)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!isdigit((unsigned char)*text) || *end || !isfinite(seconds) || seconds > 1e9 ||
	    seconds * 1000 < 1)
		return wrong(option, text);
	*ms = (uint64_t)(seconds * 1000);
	return true;
}

static bool parse_color(const char *when, struct options *opts)
{
	const char *no_color = getenv("NO_COLOR");

	opts->color_auto = !strcmp(when, "auto");
	if (opts->color_auto)
		opts->color = !no_color || !*no_color;
	else if (!strcmp(when, "always") || !strcmp(when, "never"))
		opts->color = *when == 'a';
	else
		return wrong("color", when);
	return true;
}

static bool take(int id, const char *arg, struct options *opts, struct selection *sel,
		 const char **output)
{
	switch (id) {
	case 'p':
		return select_pids(sel, arg);
	case OPT_COMM:
		return select_comm(sel, arg);
	case OPT_UID:
		return select_uid(sel, arg);
	case OPT_ALL:
		sel->all = true;
		break;
	case 'f':
		opts->forks = true;
		/* fall through */
	case OPT_FOLLOW:
		opts->follow = true;
		break;
	case OPT_EVENT:
		return filter_parse_kinds(arg, &opts->filter.kinds) || wrong("event", arg);
	case OPT_MIN_DELTA:
		return parse_size(arg, &opts->filter.min_delta) || wrong("min-delta", arg);
	case OPT_UNTIL:
		return filter_parse_until(&opts->filter, arg) || wrong("until", arg);
	case OPT_DURATION:
		return parse_seconds("duration", arg, &opts->duration_ms);
	case 'n':
		return parse_count("max-events", arg, &opts->max_events);
	case 't':
		opts->stamp = opts->stamp >= TIME_OF_DAY && opts->stamp < TIME_EPOCH ?
			      opts->stamp + 1 : TIME_OF_DAY;
		break;
	case 'r':
		opts->stamp = TIME_RELATIVE;
		break;
	case OPT_TOOK:
		opts->took = true;
		break;
	case 'c':
		opts->summary_only = true;
		/* fall through */
	case 'C':
		opts->summary = true;
		break;
	case OPT_TOP:
		opts->top = true;
		break;
	case OPT_INPUT:
		opts->input = arg;
		break;
	case OPT_PLOT:
		opts->plot = arg;
		break;
	case OPT_FLAMEGRAPH:
		opts->flamegraph = arg;
		opts->stacks = true;
		break;
	case OPT_FOLDED:
		opts->folded = opts->summary_only = opts->quiet = true;
		/* fall through */
	case OPT_STACKS:
		opts->stacks = true;
		break;
	case OPT_EXPLAIN:
		opts->explain = true;
		break;
	case OPT_COLUMNS:
		return !columns_parse(arg, &opts->columns) || wrong("columns", arg);
	case OPT_COLOR:
		return parse_color(arg, opts);
	case OPT_BYTES:
		opts->bytes = true;
		break;
	case OPT_JSON:
		opts->json = true;
		break;
	case OPT_CSV:
		opts->csv = true;
		break;
	case OPT_METRICS_FILE:
		opts->metrics_file = arg;
		opts->metrics = true;
		break;
	case OPT_OPENMETRICS:
		opts->openmetrics = true;
		/* fall through */
	case OPT_METRICS:
		opts->metrics = true;
		break;
	case OPT_INTERVAL:
		return parse_seconds("interval", arg, &opts->metrics_interval_ms);
	case OPT_GROUPS:
		return parse_count("groups", arg, &opts->groups) &&
		       (opts->groups <= GROUPS_MAX || wrong("groups", arg));
	case 'q':
		opts->quiet = true;
		break;
	case 'o':
		*output = arg;
		break;
	}
	return true;
}

/* Numbers among the options are processes, but for --top, of which they say how often. */
static bool take_numbers(char **numbers, size_t n, struct options *opts, struct selection *sel)
{
	opts->interval_ms = INTERVAL_MS;
	for (size_t i = 0; i < n; i++) {
		bool ok = !opts->top ? select_pids(sel, numbers[i]) :
			  i == 0 ? parse_seconds("top", numbers[i], &opts->interval_ms) :
			  i == 1 ? parse_count("top", numbers[i], &opts->count) :
				   wrong("top", numbers[i]);

		if (!ok)
			return false;
	}
	return true;
}

/* What asks for events to come has no sense for a state. */
static bool wants_follow(const struct options *opts)
{
	return opts->filter.until || opts->duration_ms || opts->max_events || opts->summary ||
	       opts->plot || opts->stacks;
}

/* Of these --top and --metrics have none. */
static bool wants_events(const struct options *opts)
{
	return opts->filter.kinds || opts->filter.min_delta || opts->stamp || opts->took ||
	       opts->explain || opts->columns.n;
}

/* For people alone there are some; a value has all else. */
static bool columns_have_values(const struct column_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (event_columns[list->ids[i]].kind == FIELD_FOR_PEOPLE)
			return false;
	return true;
}

static bool check(const struct options *opts, const struct selection *sel, const char *output)
{
	bool processes = sel->n || select_searches(sel);

	if (opts->command && processes)
		warn_user("either a command or processes, not both");
	else if (opts->input && (opts->command || processes || opts->top))
		warn_user("either --input or processes, not both");
	else if (opts->top && (opts->command || opts->follow))
		warn_user("either --top or --follow, not both");
	else if (opts->metrics && (opts->command || processes || opts->top || opts->input ||
				   opts->follow || opts->json || wants_follow(opts) ||
				   wants_events(opts)))
		warn_user("--metrics is of all processes, and nothing else");
	else if (opts->metrics_file && output)
		warn_user("either --metrics-file or --output, not both");
	else if (opts->top && wants_events(opts))
		warn_user("--top shows processes: options of events are not for it");
	else if (opts->input && opts->duration_ms)
		warn_user("--duration is for what happens now, not for --input");
	else if ((opts->metrics_interval_ms && !opts->metrics_file) ||
		 (opts->groups && !opts->metrics))
		warn_user("that needs --metrics%s", opts->metrics ? "-file" : "");
	else if (!opts->command && !processes && !opts->top && !opts->input && !opts->metrics)
		warn_user("which process? A number is missing");
	else if (opts->json && opts->csv)
		warn_user("either --json or --csv, not both");
	else if ((opts->json || opts->csv) && !columns_have_values(&opts->columns))
		warn_user("trend and note are for people: neither --json nor --csv has them");
	else if (opts->explain && (opts->json || opts->csv))
		warn_user("--explain is for people, not with --json or --csv");
	else if (opts->csv && opts->summary)
		warn_user("--summary is a table for people, not with --csv");
	else if (opts->stacks && (opts->json || opts->csv))
		warn_user("either --stacks or --json or --csv");
	else if (opts->stacks && opts->input)
		warn_user("--stacks needs a process, a recording has no stacks");
	else if (opts->stacks && sel->all && !sel->by_uid)
		warn_user("--stacks is not for --all: say which processes");
	else if (!opts->follow && !opts->input && wants_follow(opts))
		warn_user("that needs --follow");
	else if (!opts->follow && !opts->input && opts->csv)
		warn_user("--csv needs --follow");
	else if (!opts->follow && !opts->input && !opts->top && !opts->metrics && opts->quiet)
		warn_user("--quiet needs --follow or --top");
	else
		return true;
	return false;
}

enum options_outcome options_parse(int argc, char **argv, struct options *opts,
				   struct selection *sel, const char **output)
{
	char letters[INFOS * 2 + 2], *numbers[argc];
	struct option longs[INFOS + 1];
	size_t n = 0;
	int id;

	make_tables(letters, longs);
	parse_color("auto", opts);
	if (follow_is_abbreviated(argv))
		return OPTIONS_WRONG;
	while (optind < argc) {
		if (isdigit((unsigned char)*argv[optind])) {
			numbers[n++] = argv[optind++];
			continue;
		}
		id = getopt_long(argc, argv, letters, longs, NULL);
		if (id == 'h')
			return OPTIONS_HELP;
		if (id == 'V')
			return OPTIONS_VERSION;
		if (id == '?')
			return OPTIONS_WRONG;
		if (id == -1)
			break;
		/* It has swallowed what begins the command. */
		if (optarg == argv[optind - 1] && !strcmp(optarg, "--")) {
			warn_user("option '%s' requires an argument", argv[optind - 2]);
			return OPTIONS_WRONG;
		}
		if (!take(id, optarg, opts, sel, output))
			return OPTIONS_WRONG;
	}
	if (!take_numbers(numbers, n, opts, sel))
		return OPTIONS_WRONG;
	if (optind < argc && !strcmp(argv[optind - 1], "--")) {
		opts->command = argv + optind;
		opts->follow = true;
	} else if (optind < argc) {
		select_pids(sel, argv[optind]);
		return OPTIONS_WRONG;
	}
	/* A recording is of events, unless it is a copy of a file, and nothing more is asked. */
	if (opts->input && (wants_follow(opts) || opts->csv))
		opts->follow = true;
	/* Only what such tools read. */
	opts->summary &= !opts->folded;
	return check(opts, sel, *output) ? OPTIONS_OK : OPTIONS_WRONG;
}
