// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/parse-values.h"
#include "common/program.h"
#include "common/signals.h"
#include "libbrkwatch/brkwatch.h"

void program_setup(void)
{
	int fd;

	/*
	 * The next file would get the number of a standard descriptor that is closed, and we would write
	 * complaints into it. Writing to this one fails, as it should.
	 */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	setlocale(LC_ALL, "");
	/* Prometheus, SVG, gnuplot and scripts accept only the decimal point. */
	setlocale(LC_NUMERIC, "C");
	argp_err_exit_status = STATUS_USAGE;
	signals_setup();
}

/* ---- options ---- */

enum { OPT_USAGE = 0x1000 };

static const struct argp_option options[] = {
	{ "help", 'h', NULL, 0, "display this help", -1 },
	{ "usage", OPT_USAGE, NULL, OPTION_HIDDEN, NULL, -1 },
	{ "version", 'V', NULL, 0, "display the version", -1 },
	{ 0 },
};

/* The version of this program, and of the module if it is loaded. */
static void show_version(void)
{
	const char *directory = getenv("BRKWATCH_PROC"), *version, *format;
	struct brkwatch_stats *stats = NULL;
	struct brkwatch *bw = NULL;

	printf("%s " VERSION ", format " BRKWATCH_FORMAT "\n", program_invocation_short_name);
	if (!brkwatch_open(&bw, directory && *directory ? directory : NULL) &&
	    !brkwatch_stats_open(&stats, bw) &&
	    (version = brkwatch_stats_text(stats, "Version")) &&
	    (format = brkwatch_stats_text(stats, "Format")))
		printf("module %s, format %s\n", version, format);
	else
		puts("module not loaded");
	brkwatch_stats_close(stats);
	brkwatch_close(bw);
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	switch (key) {
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	case OPT_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		return 0;
	case 'V':
		show_version();
		exit(STATUS_OK);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void program_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static const struct argp common = { .options = options, .parser = take };
	const struct argp_child children[] = { { argp, 0, NULL, 0 }, { &common, 0, NULL, -1 }, { 0 } };
	const struct argp all = { .children = children };

	/* getopt begins its messages with this. */
	argv[0] = program_invocation_short_name;
	(void)argp_parse(&all, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, input);
}

error_t program_usage(const struct argp_state *state)
{
	argp_state_help(state, stderr, ARGP_HELP_STD_ERR);
	exit(STATUS_USAGE);
}

void program_check(const struct argp_state *state, int key, const char *arg)
{
	if (!key || !arg || arg != state->argv[state->next - 1] || strcmp(arg, "--") != 0)
		return;
	warn_user("option '%s' requires an argument", state->argv[state->next - 2]);
	program_usage(state);
}

bool program_is_command(const struct argp_state *state)
{
	return state->quoted && state->next > state->quoted;
}

char *const *program_command(struct argp_state *state)
{
	char *const *command = state->argv + state->next - 1;

	state->next = state->argc;
	return command;
}

bool parse_color(const char *when, enum color *color)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never",
	};

	for (*color = 0; *color <= COLOR_NEVER; ++*color)
		if (!strcmp(when, names[*color]))
			return true;
	return not_understood("--color", when, "auto, always or never");
}

bool color_wanted(enum color color, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	return color == COLOR_ALWAYS ||
	       (color == COLOR_AUTO && isatty(fd) && (!no_color || !*no_color));
}

/* ---- output ---- */

bool output_open(struct outbuf *out, const char *file, int fd)
{
	out->fd = file ? open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : fd;
	if (out->fd < 0)
		warn_user("%s: %s", file, strerror(errno));
	return out->fd >= 0;
}

enum exit_status output_finish(struct outbuf *out, enum exit_status status, enum exit_status failed)
{
	int rc = outbuf_flush(out);

	/* Some file systems report a full disk only at close. */
	if (out->fd > STDERR_FILENO && close(out->fd) && !rc)
		rc = -errno;
	out->fd = STDERR_FILENO;
	if (!rc)
		return status;
	/* A reader who has read enough closes the pipe, which is no error. */
	if (rc != -EPIPE)
		warn_user("cannot write the output: %s", strerror(-rc));
	return failed;
}
