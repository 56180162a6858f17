// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/output.h"

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd pfd = { .fd = fd, .events = POLLOUT };

			poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

int outbuf_flush(struct outbuf *out)
{
	if (out->len && !out->error)
		out->error = write_all(out->fd, out->data, out->len);
	out->len = 0;
	return out->error;
}

void outbuf_write(struct outbuf *out, const char *text, size_t len)
{
	while (len) {
		size_t part = len < sizeof(out->data) ? len : sizeof(out->data);
		char *p = outbuf_reserve(out, part);

		outbuf_commit(out, mempcpy(p, text, part));
		text += part;
		len -= part;
	}
}

void outbuf_puts(struct outbuf *out, const char *text)
{
	outbuf_write(out, text, strlen(text));
}

void outbuf_printf(struct outbuf *out, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	outbuf_write(out, text, (size_t)len);
	free(text);
}
