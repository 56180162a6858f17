/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Eight digits at a time, each in a byte of a 64-bit word, the first one in the lowest. An event
 * has some ninety digits; one by one they took most of the time of following it.
 */

#define EACH_BYTE(x) (0x0101010101010101ull * (x))

static inline uint64_t digits_load(const char *p)
{
	uint64_t text;

	memcpy(&text, p, sizeof(text));
	return le64toh(text);
}

static inline char *digits_store(char *p, uint64_t text)
{
	text = htole64(text);
	return mempcpy(p, &text, sizeof(text));
}

/* From 0..15 in each byte to hexadecimal digits. */
static inline uint64_t hex_digits(uint64_t nibbles)
{
	uint64_t is_letter = (nibbles + EACH_BYTE(6)) >> 4 & EACH_BYTE(1);

	return nibbles + EACH_BYTE('0') + is_letter * ('a' - '0' - 10);
}

static inline uint64_t hex_encode(uint32_t value)
{
	uint64_t n = value;

	n = n >> 16 | (n & 0xffff) << 32;
	n = (n >> 8 & 0x000000ff000000ff) | (n & 0x000000ff000000ff) << 16;
	n = (n >> 4 & 0x000f000f000f000f) | (n & 0x000f000f000f000f) << 8;
	return hex_digits(n);
}

/* False where @text has anything but lower-case digits. */
static inline bool hex_decode(uint64_t text, uint32_t *value)
{
	uint64_t n = (text & EACH_BYTE(0xf)) + (text >> 6 & EACH_BYTE(1)) * 9;

	if ((n & EACH_BYTE(0xf0)) || hex_digits(n) != text)
		return false;
	n = (n << 4 | n >> 8) & 0x00ff00ff00ff00ff;
	n = (n << 8 | n >> 16) & 0x0000ffff0000ffff;
	*value = (uint32_t)(n << 16 | n >> 32);
	return true;
}

/* The number that @text begins with; returns how many digits it has there. */
static inline unsigned int decimal_decode(uint64_t text, uint32_t *value)
{
	uint64_t n = text ^ EACH_BYTE('0');
	uint64_t other = (n | (n + EACH_BYTE(0x80 - 10))) & EACH_BYTE(0x80);
	unsigned int len = other ? (unsigned int)__builtin_ctzll(other) / 8 : 8;

	if (!len)
		return 0;
	n <<= 64 - 8 * len;	/* what follows goes, zeros come before */
	n = (n * 10 + (n >> 8)) & 0x00ff00ff00ff00ff;
	n = (n * 100 + (n >> 16)) & 0x0000ffff0000ffff;
	*value = (uint32_t)(n * 10000 + (n >> 32));
	return len;
}
