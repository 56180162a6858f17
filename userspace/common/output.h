/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>

#define OUTBUF_SIZE (64 * 1024)

/*
 * Buffered output to a file such as stdout. It is written when the buffer is full, or by outbuf_flush().
 * After the first write error, which is kept, all output is dropped.
 */
struct outbuf {
	int fd;
	size_t len;
	int error;
	char data[OUTBUF_SIZE];
};

/* Returns 0 or the negative errno of the first failed write. */
int outbuf_flush(struct outbuf *out);

/* Room for at least @size bytes (at most OUTBUF_SIZE): write there, then outbuf_commit(). */
static inline char *outbuf_reserve(struct outbuf *out, size_t size)
{
	if (sizeof(out->data) - out->len < size)
		outbuf_flush(out);
	return out->data + out->len;
}

static inline void outbuf_commit(struct outbuf *out, const char *end)
{
	out->len = (size_t)(end - out->data);
}

void outbuf_write(struct outbuf *out, const char *text, size_t len);
void outbuf_puts(struct outbuf *out, const char *text);
void outbuf_printf(struct outbuf *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
