// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/follow.h"
#include "common/program.h"
#include "common/why-not.h"
#include "common/replace-file.h"
#include "plot/draw.h"
#include "plot/gnuplot.h"
#include "plot/stacked.h"
#include "recording/replay.h"

static struct {
	struct selection selection;
	const char *picture, *input;
	char *const *command;
	bool children, stacked;
	uint64_t duration_ms;
} opts;

static const struct program_option options[] = {
	ALL_SELECTION_OPTIONS(&opts.selection),
	{ NULL, 0, NULL, "Follow:", NULL, NULL },
	{ "follow-forks", 'f', NULL, "also follow all their descendants", take_flag, &opts.children },
	{ "input", 0, "FILE", "draw a recording of brkwatch-cli instead of a process; -: standard input",
	  take_text, &opts.input },
	{ "stacked", 0, NULL, "draw counters, stacked: the input is a trace that "
	  "brkwatch-malloc --perfetto has written", take_flag, &opts.stacked },
	{ "duration", 0, "SECONDS", "stop after that time", take_seconds, &opts.duration_ms },
	{ NULL, 0, NULL, "Output:", NULL, NULL },
	{ "output", 'o', "FILE", "the picture to write: FILE.svg or FILE.png", take_text, &opts.picture },
	{ 0 },
};

static bool check(void)
{
	bool processes = opts.selection.n || select_searches(&opts.selection);

	if (!opts.picture)
		warn_user("--output is missing: name a file that ends in .svg or .png");
	else if (processes + !!opts.input + !!opts.command > 1)
		warn_user("processes, --input and a command cannot be combined");
	else if (!processes && !opts.input && !opts.command)
		warn_user("no process given: give a PID, or use --comm, --uid, --all, --input or -- COMMAND");
	else if (opts.stacked && !opts.input)
		warn_user("--stacked needs a trace: name it with --input");
	else if (opts.input && (opts.duration_ms || opts.children))
		warn_user("--follow-forks and --duration cannot be combined with --input");
	else
		return true;
	return false;
}

static enum exit_status read_stacked(struct plot *plot)
{
	FILE *file = strcmp(opts.input, "-") != 0 ? fopen(opts.input, "re") : stdin;
	bool ok = file;

	if (!file)
		warn_user("cannot read %s: %s", opts.input, strerror(errno));
	else
		ok = output_is_another(opts.picture, fileno(file)) && stacked_read(plot, file, opts.input);
	if (file && file != stdin)
		fclose(file);
	return ok ? STATUS_OK : STATUS_FAILED;
}

static enum exit_status follow(struct plot *plot, struct outbuf *out)
{
	const struct listener listener = { plot_sink, plot };
	const struct replay recording = {
		.name = opts.input, .output = opts.picture, .out = out, .listener = listener,
	};
	struct following following = {
		.out = out, .listener = listener, .children = opts.children,
		.duration_ms = opts.duration_ms,
	};
	struct selection *sel = &opts.selection;
	enum exit_status status = STATUS_FAILED;
	struct brkwatch *bw;

	if (opts.stacked)
		return read_stacked(plot);
	if (opts.input)
		return replay(&recording);
	following.bw = bw = open_directory();
	if (!bw)
		return failure(opts.command);
	if (opts.command)
		status = follow_command(&following, opts.command, NULL);
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
		warn_user("cannot write the script for gnuplot: %s", strerror(errno));
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
	static const struct program program = {
		.options = options, .argument = take_pids, .to = &opts.selection, .command = &opts.command,
		.check = check,
		.usage = "-o FILE PID...\n-o FILE --input RECORDING\n-o FILE -- COMMAND [ARGUMENT]...",
		.purpose = "Draw the program breaks of processes over time with gnuplot, from now until they "
			   "end or Ctrl-C.",
	};
	/* Nothing is printed; but who looks at the picture may close it. */
	static struct outbuf out = { .fd = STDERR_FILENO };
	static struct plot plot = { .first_ns = UINT64_MAX };
	enum exit_status status;

	program_start(&program, argc, argv);
	if (!possible(opts.picture))
		return failure(opts.command);
	status = follow(&plot, &out);
	if (!draw_into(&plot, opts.picture))
		status = failure(opts.command);
	plot_free(&plot);
	select_free(&opts.selection);
	return (int)status;
}
