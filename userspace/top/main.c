// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/parse-values.h"
#include "common/why-not.h"
#include "top/screen.h"
#include "top/text.h"

enum { OPT_BYTES = 0x100, OPT_COLOR, OPT_JSON };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Output:", 2 },
	{ "color", OPT_COLOR, "WHEN", 0, "use colors: auto, always or never", 2 },
	{ "bytes", OPT_BYTES, NULL, 0, "print sizes in bytes instead of KiB, MiB, ...", 2 },
	{ "json", OPT_JSON, NULL, 0, "print JSON, one object per line", 2 },
	{ "quiet", 'q', NULL, 0, "print only processes: no heading", 2 },
	{ "output", 'o', "FILE", 0, "write to FILE", 2 },
	{ 0 },
};

/* [INTERVAL [COUNT]] */
static bool take_number(struct top_options *opts, unsigned int i, const char *arg)
{
	return i == 0 ? parse_seconds("INTERVAL", arg, &opts->interval_ms) :
	       i == 1 ? parse_count("COUNT", arg, &opts->count) :
			not_understood("[INTERVAL [COUNT]]", arg, "no more arguments");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct top_options *opts = state->input;
	bool ok = true;

	program_check(state, key, arg);
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->selection;
		break;
	case ARGP_KEY_ARG:
		ok = take_number(opts, state->arg_num, arg);
		break;
	case OPT_COLOR:
		ok = parse_color(arg, &opts->color);
		break;
	case OPT_BYTES:
		opts->bytes = true;
		break;
	case OPT_JSON:
		opts->json = true;
		break;
	case 'q':
		opts->quiet = true;
		break;
	case 'o':
		opts->output = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return ok ? 0 : program_usage(state);
}

/* On the whole screen where the output is a terminal. */
static enum exit_status run(struct outbuf *out, const struct top_options *opts)
{
	const char *term = getenv("TERM");
	enum exit_status status;

	if (!opts->json && out->fd == STDOUT_FILENO && isatty(STDOUT_FILENO) &&
	    isatty(STDIN_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	    screen_run(opts, &status))
		return status;
	return text_run(out, opts);
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &selection_argp, 0, NULL, 1 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = parse, .children = children,
		.args_doc = "[INTERVAL [COUNT]]",
		.doc = "Show all processes, the largest heap first, and refresh every INTERVAL seconds "
		       "(2).\vFor more details see brkwatch-top(1).",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	static struct top_options opts = { .interval_ms = 2000 };
	enum exit_status status = STATUS_FAILED;
	struct brkwatch *bw;

	program_setup();
	program_parse(&argp, argc, argv, &opts);
	select_sort(&opts.selection);
	opts.bw = bw = open_directory();
	if (bw && output_open(&out, opts.output, STDOUT_FILENO))
		status = output_finish(&out, run(&out, &opts), STATUS_FAILED);
	brkwatch_close(bw);
	select_free(&opts.selection);
	return (int)status;
}
