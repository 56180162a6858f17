// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/signals.h"
#include "recording/file.h"

static bool is_file(FILE *file, const char *name)
{
	struct stat in, st;

	return !stat(name, &st) && S_ISREG(st.st_mode) && !fstat(fileno(file), &in) &&
	       in.st_dev == st.st_dev && in.st_ino == st.st_ino;
}

bool recording_open(struct recording_file *recording, const char *name, const char *output,
		    struct outbuf *out)
{
	FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;

	*recording = (struct recording_file){ .stream = file, .file = file, .out = out, .stop_fd = -1 };
	if (!file) {
		warn_user("%s: %s", name, strerror(errno));
		return false;
	}
	if (!output || !is_file(file, output))
		return true;
	warn_user("%s: is what --input reads", output);
	recording_close(recording);
	return false;
}

static ssize_t read_live(void *cookie, char *data, size_t size)
{
	struct recording_file *recording = cookie;
	struct pollfd fds[] = {
		{ .fd = recording->fd, .events = POLLIN },
		{ .fd = recording->stop_fd, .events = POLLIN },
	};

	if (!recording->stopped && !poll(fds, 1, 0)) {
		recording->stopped = outbuf_flush(recording->out);
		while (!recording->stopped && poll(fds, 2, -1) < 0 && errno == EINTR)
			;
	} else {
		poll(&fds[1], 1, 0);
	}
	recording->stopped |= fds[1].revents;
	return recording->stopped ? 0 : read(recording->fd, data, size);
}

void recording_watch(struct recording_file *recording)
{
	const cookie_io_functions_t functions = { .read = read_live };

	recording->fd = fileno(recording->file);
	if (lseek(recording->fd, 0, SEEK_CUR) >= 0)
		return;
	recording->stop_fd = stop_open(true);
	recording->stream = fopencookie(recording, "r", functions) ?: recording->file;
}

void recording_close(struct recording_file *recording)
{
	stop_close();
	if (recording->stream != recording->file)
		fclose(recording->stream);
	if (recording->file != stdin)
		fclose(recording->file);
}
