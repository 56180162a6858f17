/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "libbrkwatch/digits.h"

/*
 * Values out of the text at @p, which is moved behind them. All return false where there is none.
 * Inline: each followed event has a dozen.
 */

/* The text must be readable this far behind its end. */
#define SCAN_SLACK 32

static inline bool scan_u64(const char **p, uint64_t *value)
{
	static const uint32_t power[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	};
	const char *start = *p;
	unsigned int len;
	uint64_t v = 0;
	uint32_t part;

	do {
		len = decimal_decode(digits_load(*p), &part);
		if (len)
			v = v * power[len] + part;
		*p += len;
	} while (len == 8);
	*value = v;

	if (*p == start || *p - start > 20)
		return false;
	/* 19 digits always fit, 20 may. */
	return *p - start < 20 || memcmp(start, "18446744073709551615", 20) <= 0;
}

static inline bool scan_s64(const char **p, int64_t *value)
{
	uint64_t negative = **p == '-', magnitude;

	*p += negative;
	if (!scan_u64(p, &magnitude) || magnitude > INT64_MAX + negative)
		return false;
	*value = (int64_t)(negative ? -magnitude : magnitude);
	return true;
}

static inline bool scan_is_hex(const char *p)
{
	return p[0] == '0' && p[1] == 'x';
}

/* 0x and 16 digits. */
static inline bool scan_hex(const char **p, uint64_t *value)
{
	uint32_t high, low;

	if (!scan_is_hex(*p) || !hex_decode(digits_load(*p + 2), &high) ||
	    !hex_decode(digits_load(*p + 10), &low))
		return false;
	*value = (uint64_t)high << 32 | low;
	*p += 18;
	return true;
}

static inline bool scan_tab(const char **p)
{
	return *(*p)++ == '\t';
}
