// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/follow.h"
#include "common/parse-values.h"
#include "common/program.h"
#include "common/why-not.h"
#include "common/replace-file.h"
#include "plot/draw.h"
#include "plot/gnuplot.h"
#include "plot/stacked.h"
#include "recording/replay.h"

enum { OPT_INPUT = 0x100, OPT_DURATION, OPT_STACKED };

struct plot_options {
	struct selection selection;
	const char *picture, *input;
	char *const *command;
	bool children, stacked;
	uint64_t duration_ms;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Follow:", 2 },
	{ "follow-forks", 'f', NULL, 0, "also follow all their descendants", 2 },
	{ "input", OPT_INPUT, "FILE", 0, "draw a recording of brkwatch-cli instead of a process; -: "
	  "standard input", 2 },
	{ "stacked", OPT_STACKED, NULL, 0, "draw counters, one upon the other: the input is a trace that "
	  "brkwatch-malloc --perfetto has written", 2 },
	{ "duration", OPT_DURATION, "SECONDS", 0, "stop after that time", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "output", 'o', "FILE", 0, "the picture to write: FILE.svg or FILE.png", 3 },
	{ 0 },
};

static const char *contradiction(const struct plot_options *opts)
{
	const struct selection *sel = &opts->selection;
	bool processes = sel->n || select_searches(sel);

	if (!opts->picture)
		return "--output is missing: name a file that ends in .svg or .png";
	if (processes + !!opts->input + !!opts->command > 1)
		return "processes, --input and a command cannot be combined";
	if (!processes && !opts->input && !opts->command)
		return "no process given: name one by its number, or use --comm, --uid, --all, --input or -- COMMAND";
	if (opts->stacked && !opts->input)
		return "--stacked needs a trace: name it with --input";
	if (opts->input && opts->duration_ms)
		return "--duration cannot be combined with --input";
	return NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct plot_options *opts = state->input;
	const char *wrong = NULL;
	bool ok = true;

	program_check(state, key, arg);
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->selection;
		break;
	case 'f':
		opts->children = true;
		break;
	case OPT_INPUT:
		opts->input = arg;
		break;
	case OPT_STACKED:
		opts->stacked = true;
		break;
	case OPT_DURATION:
		ok = parse_seconds("--duration", arg, &opts->duration_ms);
		break;
	case 'o':
		opts->picture = arg;
		break;
	case ARGP_KEY_ARG:
		if (program_is_command(state))
			opts->command = program_command(state);
		else
			ok = select_pids(&opts->selection, arg);
		break;
	case ARGP_KEY_END:
		wrong = contradiction(opts);
		if (wrong)
			warn_user("%s", wrong);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return ok && !wrong ? 0 : program_usage(state);
}

static enum exit_status read_stacked(const struct plot_options *opts, struct plot *plot)
{
	FILE *file = strcmp(opts->input, "-") != 0 ? fopen(opts->input, "re") : stdin;
	bool ok = file;

	if (!file)
		warn_user("%s: %s", opts->input, strerror(errno));
	else
		ok = stacked_read(plot, file, opts->input);
	if (file && file != stdin)
		fclose(file);
	return ok ? STATUS_OK : STATUS_FAILED;
}

static enum exit_status follow(struct plot_options *opts, struct plot *plot, struct outbuf *out)
{
	const struct listener listener = { plot_sink, plot };
	const struct replay recording = { .name = opts->input, .out = out, .listener = listener };
	struct following following = {
		.out = out, .listener = listener, .children = opts->children,
		.duration_ms = opts->duration_ms,
	};
	struct selection *sel = &opts->selection;
	enum exit_status status = STATUS_FAILED;
	struct brkwatch *bw;

	if (opts->stacked)
		return read_stacked(opts, plot);
	if (opts->input)
		return replay(&recording);
	following.bw = bw = open_directory();
	if (!bw)
		return failure(opts->command);
	if (opts->command)
		status = follow_command(&following, opts->command, NULL);
	else if (select_search(sel, bw))
		status = follow_pids(&following, sel->pids, sel->n);
	brkwatch_close(bw);
	return status;
}

/* ---- the picture ---- */

static bool is_called(const char *file, const char *suffix)
{
	size_t len = strlen(file);

	return len > strlen(suffix) && !strcmp(file + len - strlen(suffix), suffix);
}

/* Better told before hours of work. */
static bool possible(const char *file)
{
	if (is_called(file, ".svg") || is_called(file, ".png"))
		return gnuplot_present() && newfile_possible(file);
	warn_user("--output: the name must end in .svg or .png: '%s'", file);
	return false;
}

static bool draw(struct plot *plot, bool png, int fd)
{
	FILE *script = tmpfile();
	bool ok;

	if (!script) {
		warn_user("cannot draw the picture: %s", strerror(errno));
		return false;
	}
	plot_draw(plot, png, script);
	ok = gnuplot_run(script, fd);
	fclose(script);
	return ok;
}

/* Where no process was told of there is no picture. On failure the file is as before. */
static bool draw_into(struct plot *plot, const char *file)
{
	struct newfile picture;

	return !plot->n_processes ||
	       (newfile_open(&picture, file) &&
		newfile_close(&picture, draw(plot, is_called(file, ".png"), picture.fd)));
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &selection_argp, 0, NULL, 1 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.args_doc = "-o FILE PID...\n-o FILE --input RECORDING\n-o FILE -- COMMAND [ARGUMENT]...",
		.doc = "Draw the program breaks of processes over time with gnuplot, from now until they "
		       "end or Ctrl-C.\vFor more details see brkwatch-plot(1).",
	};
	/* Nothing is printed; but who looks at the picture may close it. */
	static struct outbuf out = { .fd = STDERR_FILENO };
	static struct plot plot = { .first_ns = UINT64_MAX };
	static struct plot_options opts;
	enum exit_status status;

	program_setup();
	program_parse(&argp, argc, argv, &opts);
	if (!possible(opts.picture))
		return failure(opts.command);
	status = follow(&opts, &plot, &out);
	if (!draw_into(&plot, opts.picture))
		status = failure(opts.command);
	plot_free(&plot);
	select_free(&opts.selection);
	return (int)status;
}
