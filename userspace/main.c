// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "follow.h"
#include "outbuf.h"
#include "procfile.h"
#include "state.h"

static struct outbuf out;

void warn_user(const char *fmt, ...)
{
	va_list ap;

	fputs("brkwatch-cli: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static const char help[] =
"Usage:\n"
" brkwatch-cli [options] <pid>...\n"
" brkwatch-cli [options] --follow <pid>\n"
"\n"
"Show where the heap of a process ends (its program break), what brk(2) calls\n"
"moved it, and why calls were refused. Needs the brkwatch kernel module.\n"
"\n"
"Options:\n"
"     --follow    print each event as it happens, also after an exec, until the\n"
"                 process ends or Ctrl-C\n"
"     --bytes     print sizes as plain numbers of bytes, not as KiB, MiB, ...\n"
"     --json      print JSON, one object per line\n"
"\n"
" -h, --help      display this help\n"
" -V, --version   display the version\n"
"\n"
"Environment:\n"
" BRKWATCH_PROC   directory to read instead of /proc/brkwatch\n"
"\n"
"For more details see brkwatch-cli(1).\n";

enum {
	OPT_FOLLOW = UCHAR_MAX + 1,
	OPT_BYTES,
	OPT_JSON,
};

static const struct option long_options[] = {
	{ "follow", no_argument, NULL, OPT_FOLLOW },
	{ "bytes", no_argument, NULL, OPT_BYTES },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int usage_error(void)
{
	fputs("Try 'brkwatch-cli --help' for more information.\n", stderr);
	return STATUS_USAGE;
}

/* Of --follow there will be relatives: no script may come to depend on a short form. */
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

static bool parse_pid(const char *text, pid_t *pid)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || value < 1 || value > INT_MAX) {
		warn_user("not a process number: '%s'", text);
		return false;
	}
	*pid = (pid_t)value;
	return true;
}

static enum exit_status show_states(const struct options *opts, const pid_t *pids, int n)
{
	enum exit_status status = STATUS_OK;
	bool printed = false;

	for (int i = 0; i < n; i++) {
		size_t mark = out.len;

		if (printed && !opts->json)
			outbuf_puts(&out, "\n");
		if (state_show(&out, opts, pids[i]) == STATUS_OK) {
			printed = true;
		} else {
			out.len = mark;
			status = STATUS_FAILED;
		}
		outbuf_flush(&out);
	}
	return status;
}

/* A reader who has seen enough closes the pipe: no reason to complain. */
static enum exit_status finish_output(enum exit_status status)
{
	int rc = outbuf_flush(&out);

	if (!rc)
		return status;
	if (rc != -EPIPE)
		warn_user("cannot write the output: %s", strerror(-rc));
	return STATUS_FAILED;
}

static enum exit_status run(struct options *opts, bool follow, char **args, int n)
{
	enum exit_status status = STATUS_FAILED;
	pid_t *pids = calloc((size_t)n, sizeof(*pids));

	if (!pids) {
		warn_user("%s", strerror(errno));
		return STATUS_FAILED;
	}
	for (int i = 0; i < n; i++) {
		if (!parse_pid(args[i], &pids[i])) {
			free(pids);
			return (enum exit_status)usage_error();
		}
	}
	if (procfile_setup(opts))
		status = follow ? follow_process(&out, opts, pids[0]) :
				  show_states(opts, pids, n);
	free(pids);
	return finish_output(status);
}

int main(int argc, char **argv)
{
	struct options opts = { 0 };
	bool follow = false;
	int opt;

	setlocale(LC_ALL, "");
	if (follow_is_abbreviated(argv))
		return usage_error();

	while ((opt = getopt_long(argc, argv, "hV", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_FOLLOW:
			follow = true;
			break;
		case OPT_BYTES:
			opts.bytes = true;
			break;
		case OPT_JSON:
			opts.json = true;
			break;
		case 'h':
			outbuf_puts(&out, help);
			return finish_output(STATUS_OK);
		case 'V':
			outbuf_puts(&out, "brkwatch-cli " VERSION "\n");
			return finish_output(STATUS_OK);
		default:
			return usage_error();
		}
	}
	if (optind == argc) {
		warn_user("which process? A number is missing");
		return usage_error();
	}
	if (follow && argc - optind > 1) {
		warn_user("--follow takes one process");
		return usage_error();
	}
	return run(&opts, follow, argv + optind, argc - optind);
}
