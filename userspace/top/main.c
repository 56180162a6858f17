// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/why-not.h"
#include "top/screen.h"
#include "top/text.h"

static struct top_options opts = { .interval_ms = 2000 };

static const struct program_option options[] = {
	ALL_SELECTION_OPTIONS(&opts.selection),
	{ NULL, 0, NULL, "Output:", NULL, NULL },
	{ "color", 0, "WHEN", "use colors: auto, always or never", take_color, &opts.color },
	{ "bytes", 0, NULL, "print sizes in bytes instead of KiB, MiB, ...", take_flag, &opts.bytes },
	{ "json", 0, NULL, "print JSON, one object per line", take_flag, &opts.json },
	{ "quiet", 'q', NULL, "print only processes: no heading", take_flag, &opts.quiet },
	{ "output", 'o', "FILE", "write to FILE", take_text, &opts.output },
	{ 0 },
};

/* [INTERVAL [COUNT]] */
static bool take_number(const char *name, const char *arg, void *to)
{
	static unsigned int n;

	(void)name;
	(void)to;
	switch (n++) {
	case 0:
		return take_seconds("INTERVAL", arg, &opts.interval_ms);
	case 1:
		return take_count("COUNT", arg, &opts.count);
	default:
		warn_user("unexpected argument: '%s'; the arguments are [INTERVAL [COUNT]]", arg);
		return false;
	}
}

/* On the whole screen where the output is a terminal. */
static enum exit_status run(struct outbuf *out)
{
	const char *term = getenv("TERM");
	enum exit_status status;

	if (!opts.json && out->fd == STDOUT_FILENO && isatty(STDOUT_FILENO) &&
	    isatty(STDIN_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	    screen_run(&opts, &status))
		return status;
	return text_run(out, &opts);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.options = options, .argument = take_number, .usage = "[INTERVAL [COUNT]]",
		.purpose = "Show all processes, the largest heap first, and refresh every INTERVAL seconds (2).",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	enum exit_status status = STATUS_FAILED;
	struct brkwatch *bw;

	program_start(&program, argc, argv);
	select_sort(&opts.selection);
	opts.bw = bw = open_directory();
	if (bw && output_open(&out, opts.output, STDOUT_FILENO))
		status = output_finish(&out, run(&out), STATUS_FAILED);
	brkwatch_close(bw);
	select_free(&opts.selection);
	return (int)status;
}
