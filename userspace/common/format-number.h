/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Convert numbers to text. All functions write at @p, without a terminating NUL, and return the end of
 * the text; they may write beyond it.
 */

#define TEXT_NUMBER_MAX 48	/* the room they need */

char *put_u64(char *p, uint64_t value);
char *put_s64(char *p, int64_t value);
char *put_hex(char *p, uint64_t value);		/* 0x7f */
char *put_hex16(char *p, uint64_t value);	/* 0x000000000000007f */
char *put_seconds(char *p, uint64_t ns);	/* 1234.567890 */

/* Sizes: 17 B, 1.5 MiB, 132 KiB; or plain numbers if @bytes is set. */
char *put_size(char *p, uint64_t size, bool bytes);

/* A size or number as a string, for printf. */
struct number {
	char text[TEXT_NUMBER_MAX];
};

static inline struct number size_text(uint64_t size, bool bytes)
{
	struct number n = { .text = "" };

	*put_size(n.text, size, bytes) = '\0';
	return n;
}

static inline struct number address_text(uint64_t address)
{
	struct number n = { .text = "" };

	*put_hex(n.text, address) = '\0';
	return n;
}

static inline struct number seconds_text(uint64_t ns)
{
	struct number n = { .text = "" };

	*put_seconds(n.text, ns) = '\0';
	return n;
}
