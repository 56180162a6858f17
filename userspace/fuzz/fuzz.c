// SPDX-License-Identifier: GPL-2.0
/*
 * For libFuzzer: whatever the text of a process's file or of a recording is, brkwatch-cli prints what
 * it says, or one line about what is wrong with it.
 *
 * The input's first byte chooses the way of printing, the rest is the text.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/session.h"
#include "common/follow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct outbuf out;
static int complaints;

void warn_user(const char *fmt, ...)
{
	char line[4096];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (len <= 0 || (size_t)len >= sizeof(line) || strchr(line, '\n'))
		abort();
	complaints++;
}

void out_of_memory(void)
{
	abort();
}

static int text_file(void)
{
	static int fd = -1;

	if (fd < 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		fd = memfd_create("text", MFD_CLOEXEC);
		/* What is printed goes nowhere. */
		if (fd < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0)
			abort();
	}
	return fd;
}

static enum exit_status follow(struct session *session, pid_t pid)
{
	struct following following = {
		.bw = session->bw, .out = &out, .listener = { printer_sink, session },
	};

	return session_begin(session) ? session_finish(session, follow_pids(&following, &pid, 1)) :
					STATUS_FAILED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct brkwatch bw = { .directory = "/proc/self/fd" };
	struct options opts = { .format = &text_lines };
	struct session session = { .opts = &opts, .out = &out };
	enum exit_status status;
	int fd = text_file();
	char path[64];

	if (!size)
		return -1;
	if (ftruncate(fd, 0) || pwrite(fd, data + 1, size - 1, 0) != (ssize_t)(size - 1))
		abort();
	out.fd = STDOUT_FILENO;
	out.len = 0;
	complaints = 0;
	if (data[0] & 1)
		opts.format = &json_lines;
	else if (data[0] & 16)
		opts.format = &csv_lines;
	opts.style.bytes = data[0] & 2;
	opts.follow = data[0] & 4;
	opts.style.summary = data[0] & 32;
	opts.explain = opts.format->for_people && data[0] & 64;
	session.style = opts.style;
	if (data[0] & 8) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		opts.input = path;
		status = show_input(&session);
	} else if (opts.follow) {
		session.bw = &bw;
		status = follow(&session, fd);
	} else {
		session.bw = &bw;
		status = session_begin(&session) ? show_process(&session, fd) : STATUS_FAILED;
		/* All or nothing. */
		if ((status == STATUS_OK) != (out.len > 0))
			abort();
	}
	/* Of lost events CSV has nothing to say. */
	if (opts.format != &csv_lines && ((status == STATUS_OK) != (complaints == 0) || complaints > 1))
		abort();
	if (outbuf_flush(&out))
		abort();
	return 0;
}
