// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/follow-all.h"
#include "libbrkwatch/follow.h"
#include "recording/replay.h"
#include "common/command.h"
#include "metrics/main.h"
#include "cli/options.h"
#include "common/output.h"
#include "common/signals.h"
#include "libbrkwatch/open.h"
#include "libbrkwatch/process-file.h"
#include "cli/show.h"
#include "common/format-number.h"
#include "top/text.h"

static struct outbuf out;
static int output_file = -1;	/* of -o */

void warn_user(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	/* It may quote what somebody else has written. */
	text_clean(text);
	fprintf(stderr, "brkwatch-cli: %s\n", text);
	free(text);
}

static int usage_error(void)
{
	fputs("Try 'brkwatch-cli --help' for more information.\n", stderr);
	return STATUS_USAGE;
}

static enum exit_status show_states(const struct options *opts, const struct selection *sel)
{
	enum exit_status status = STATUS_OK;
	bool printed = false;

	for (size_t i = 0; i < sel->n; i++) {
		size_t mark = out.len;

		if (printed && !opts->json)
			outbuf_puts(&out, "\n");
		if (state_show(&out, opts, sel->pids[i]) == STATUS_OK) {
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

	/* Some file systems say only there that there was no room. */
	if (output_file >= 0 && close(output_file) && !rc)
		rc = -errno;
	if (!rc)
		return status;
	if (rc != -EPIPE)
		warn_user("cannot write the output: %s", strerror(-rc));
	return STATUS_FAILED;
}

/* Which would be empty before it is read. */
static bool is_file(FILE *file, const char *name)
{
	struct stat in, st;

	return !stat(name, &st) && S_ISREG(st.st_mode) && !fstat(fileno(file), &in) &&
	       in.st_dev == st.st_dev && in.st_ino == st.st_ino;
}

/* A command has its own stdout: what is said of it goes where complaints go, as strace does. */
static bool redirect_output(struct options *opts, const char *name)
{
	int fd = opts->command ? STDERR_FILENO : STDOUT_FILENO;

	if (name)
		fd = output_file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		warn_user("%s: %s", name, strerror(errno));
		return false;
	}
	out.fd = fd;
	opts->color &= !opts->color_auto || isatty(fd);
	return true;
}

static enum exit_status show_input(struct options *opts, const char *output)
{
	FILE *input = input_open(opts);

	if (!input)
		return STATUS_FAILED;
	if (output && is_file(input, output)) {
		warn_user("%s: is what --input reads", output);
		fclose(input);
		return STATUS_FAILED;
	}
	if (!redirect_output(opts, output)) {
		fclose(input);
		return STATUS_FAILED;
	}
	return finish_output(input_show(&out, opts, input));
}

/* Its status says how it went only where it was watched. */
static enum exit_status run_command(struct options *opts, const char *output)
{
	enum exit_status status;
	struct launch launch;
	int command_status;

	if (opts->recorded) {
		warn_user("%s: there are saved files in it, and no command can be followed",
			  opts->proc_dir);
		return STATUS_COMMAND_FAILED;
	}
	command_status = launch_start(&launch, opts->command);
	if (command_status)
		return (enum exit_status)command_status;
	if (!redirect_output(opts, output)) {
		kill(launch.pid, SIGKILL);
		return STATUS_COMMAND_FAILED;
	}
	status = finish_output(follow_processes(&out, opts, &launch.pid, 1, &launch));
	command_status = launch_status(&launch);
	if (status == STATUS_UNTIL)
		return status;
	return status ? STATUS_COMMAND_FAILED : (enum exit_status)command_status;
}

static enum exit_status run(struct options *opts, struct selection *sel, const char *output)
{
	enum exit_status status;
	struct timespec wall, monotonic;

	if (opts->input)
		return show_input(opts, output);
	if (!procfile_setup(opts))
		return opts->command ? STATUS_COMMAND_FAILED : STATUS_FAILED;
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	opts->wall_known = !opts->recorded;
	opts->wall_offset_ns = (wall.tv_sec - monotonic.tv_sec) * 1000000000LL +
			       wall.tv_nsec - monotonic.tv_nsec;
	columns_check_stamp(opts, opts->proc_dir);
	opts->several = opts->forks;
	if (opts->command)
		return run_command(opts, output);
	if (opts->top) {
		select_sort(sel);
		return redirect_output(opts, output) ?
			       finish_output(top_run(&out, opts, sel)) : STATUS_FAILED;
	}
	if (opts->metrics)
		return redirect_output(opts, output) ?
			       finish_output(metrics_run(&out, opts)) : STATUS_FAILED;
	/* Saved files are all there will be; and an event does not say whose process it was of. */
	if (sel->all && opts->follow && !opts->recorded && !sel->by_uid) {
		opts->several = true;
		if (!redirect_output(opts, output))
			return STATUS_FAILED;
		return finish_output(follow_everyone(&out, opts, sel));
	}
	if (select_searches(sel)) {
		if (!select_search(sel, opts))
			return STATUS_FAILED;
		if (!sel->n)
			warn_user("no process is like that");
	}
	if (!sel->n || !redirect_output(opts, output))
		return STATUS_FAILED;
	opts->several |= sel->n > 1;
	status = opts->follow ? follow_processes(&out, opts, sel->pids, sel->n, NULL) :
				show_states(opts, sel);
	return finish_output(status);
}

/* Of this program, and of the module where it is loaded. */
static void show_version(void)
{
	char version[64], format[64];

	outbuf_puts(&out, "brkwatch-cli " VERSION ", format " SNAPSHOT_FORMAT "\n");
	if (procfile_stat("Version", version, sizeof(version)) &&
	    procfile_stat("Format", format, sizeof(format)))
		outbuf_printf(&out, "module %s, format %s\n", version, format);
	else
		outbuf_puts(&out, "module not loaded\n");
}

/*
 * What is opened next would be taken for one that is closed, and complaints be written to it. To
 * write to this one fails, as it should.
 */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options opts = { 0 };
	struct selection sel = { 0 };
	const char *output = NULL;
	enum exit_status status;

	fill_standard_descriptors();
	signals_setup();
	setlocale(LC_ALL, "");
	/* Prometheus, SVG, gnuplot and scripts know only the point. */
	setlocale(LC_NUMERIC, "C");
	out.fd = STDOUT_FILENO;
	switch (options_parse(argc, argv, &opts, &sel, &output)) {
	case OPTIONS_OK:
		break;
	case OPTIONS_HELP:
		options_help(&out);
		return finish_output(STATUS_OK);
	case OPTIONS_VERSION:
		show_version();
		return finish_output(STATUS_OK);
	default:
		select_free(&sel);
		return usage_error();
	}
	status = run(&opts, &sel, output);
	select_free(&sel);
	return (int)status;
}
