// SPDX-License-Identifier: GPL-2.0
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse-values.h"
#include "common/program.h"
#include "common/signals.h"
#include "common/why-not.h"
#include "libbrkwatch/brkwatch.h"

static void set_up(void)
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

void raise_file_limit(void)
{
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* ---- options ---- */

#define OPTIONS_MAX 64

enum { OPT_USAGE = 0x1000 };

static const struct argp_option common_options[] = {
	{ "help", 'h', NULL, 0, "display this help", -1 },
	{ "usage", OPT_USAGE, NULL, OPTION_HIDDEN, NULL, -1 },
	{ "version", 'V', NULL, 0, "display the version", -1 },
	{ 0 },
};

/* The version of this program, and of the module if it is loaded. */
static void show_version(void)
{
	struct brkwatch *bw = find_directory();
	struct brkwatch_stats *stats = NULL;
	const char *version, *format;

	printf("%s " VERSION ", format " BRKWATCH_FORMAT "\n", program_invocation_short_name);
	if (bw && !brkwatch_stats_open(&stats, bw) &&
	    (version = brkwatch_stats_text(stats, "Version")) &&
	    (format = brkwatch_stats_text(stats, "Format")))
		printf("module %s, format %s\n", version, format);
	else
		puts("module not loaded");
	brkwatch_stats_close(stats);
	brkwatch_close(bw);
}

static error_t take_common(int key, char *arg, struct argp_state *state)
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

static error_t __attribute__((noreturn)) refuse(const struct argp_state *state)
{
	argp_state_help(state, stderr, ARGP_HELP_STD_ERR);
	exit(STATUS_USAGE);
}

static int key_of(const struct program *program, size_t i)
{
	return program->options[i].letter ?: program->options[i].name ? 0x100 + (int)i : 0;
}

static const struct program_option *option_of(const struct program *program, int key)
{
	for (size_t i = 0; program->options[i].help; i++)
		if (key_of(program, i) == key)
			return &program->options[i];
	return NULL;
}

/* Of a command all is taken at once. */
static bool take_argument(const struct program *program, const char *arg, struct argp_state *state)
{
	if (!program->command || !state->quoted || state->next <= state->quoted)
		return program->argument(NULL, arg, program->to);
	*program->command = state->argv + state->next - 1;
	state->next = state->argc;
	return true;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	const struct program *program = state->input;
	const struct program_option *option;
	char name[32];
	bool ok;

	switch (key) {
	case ARGP_KEY_ARG:
		ok = take_argument(program, arg, state);
		break;
	case ARGP_KEY_END:
		ok = !program->check || program->check();
		break;
	default:
		option = key > 0 ? option_of(program, key) : NULL;
		if (!option)
			return ARGP_ERR_UNKNOWN;
		/* The "--" that begins a command is no argument. */
		ok = !arg || arg != state->argv[state->next - 1] || strcmp(arg, "--") != 0;
		if (!ok)
			warn_user("option '%s' requires an argument", state->argv[state->next - 2]);
		snprintf(name, sizeof(name), "--%s", option->name ?: "");
		ok = ok && option->take(name, arg, option->to);
	}
	return ok ? 0 : refuse(state);
}

static char *more_help(int key, const char *text, void *input)
{
	const struct program *program = input;
	char *more = NULL;

	if (key != ARGP_KEY_HELP_EXTRA)
		return (char *)text;
	if (program->more_help)
		return program->more_help();
	return asprintf(&more, "For more details see %s(1).", program_invocation_short_name) < 0 ? NULL : more;
}

/* Options are parsed in order, so that those after "--" belong to the command. */
void program_start(const struct program *program, int argc, char **argv)
{
	struct argp_option options[OPTIONS_MAX + 1] = { 0 };
	const struct argp_child children[] = {
		{ &(const struct argp){ .options = common_options, .parser = take_common }, 0, NULL, -1 }, { 0 },
	};
	const struct argp argp = {
		.options = options, .parser = take, .args_doc = program->usage, .doc = program->purpose,
		.children = children, .help_filter = more_help,
	};
	int group = 0;

	set_up();
	for (size_t i = 0; program->options[i].help; i++) {
		const struct program_option *option = &program->options[i];

		group += !key_of(program, i);
		options[i] = (struct argp_option){
			.name = option->name, .key = key_of(program, i), .arg = option->arg,
			.doc = option->help, .group = group,
		};
	}
	/* getopt begins its messages with this. */
	argv[0] = program_invocation_short_name;
	(void)argp_parse(&argp, argc, argv, ARGP_IN_ORDER | ARGP_NO_HELP, NULL, (void *)program);
}

bool take_color(const char *name, const char *arg, void *to)
{
	static const char *const names[] = {
		[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never",
	};
	enum color *color = to;

	for (*color = 0; *color <= COLOR_NEVER; ++*color)
		if (!strcmp(arg, names[*color]))
			return true;
	return not_understood(name, arg, "auto, always or never");
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
		warn_user("cannot write %s: %s", file, strerror(errno));
	return out->fd >= 0;
}

bool output_is_another(const char *file, int in)
{
	struct stat out, st;

	if (!file || stat(file, &out) || !S_ISREG(out.st_mode) || fstat(in, &st) ||
	    out.st_dev != st.st_dev || out.st_ino != st.st_ino)
		return true;
	warn_user("%s: is also what --input reads; write to another file", file);
	return false;
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
