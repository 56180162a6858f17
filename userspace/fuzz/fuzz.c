// SPDX-License-Identifier: GPL-2.0
/*
 * For libFuzzer: whatever the text of a process's file or of a recording is, the CLI prints what
 * it says, or one line about what is wrong with it.
 *
 * The input's first byte chooses the way of printing, the rest is the text.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"
#include "libbrkwatch/follow.h"
#include "recording/replay.h"
#include "common/output.h"
#include "cli/show.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options opts = { .proc_dir = "/proc/self/fd", .recorded = true };
	enum exit_status status;
	int fd = text_file();
	char path[64];

	if (!size)
		return -1;
	opts.json = data[0] & 1;
	opts.bytes = data[0] & 2;
	if (ftruncate(fd, 0) || pwrite(fd, data + 1, size - 1, 0) != (ssize_t)(size - 1))
		abort();

	out.fd = STDOUT_FILENO;
	out.len = 0;
	complaints = 0;
	opts.follow = data[0] & 4;
	opts.csv = !opts.json && data[0] & 16;
	opts.summary = data[0] & 32;
	opts.explain = !opts.json && !opts.csv && data[0] & 64;
	if (data[0] & 8) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		opts.input = path;
		status = input_show(&out, &opts, input_open(&opts));
	} else if (opts.follow) {
		status = follow_processes(&out, &opts, &fd, 1, NULL);
	} else {
		status = state_show(&out, &opts, fd);
		/* All or nothing. */
		if ((status == STATUS_OK) != (out.len > 0))
			abort();
	}
	/* Of lost events CSV has nothing to say. */
	if (!opts.csv && ((status == STATUS_OK) != (complaints == 0) || complaints > 1))
		abort();
	if (outbuf_flush(&out))
		abort();
	return 0;
}
