// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "libbrkwatch/digits.h"
#include "common/format-number.h"
#include "common/utf8.h"

#define NSEC_PER_SEC 1000000000u
#define NSEC_PER_USEC 1000u

static const char two_digits[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

static unsigned int decimal_length(uint64_t value)
{
	static const uint64_t power[] = {
		0, 10ull, 100ull, 1000ull, 10000ull, 100000ull, 1000000ull, 10000000ull,
		100000000ull, 1000000000ull, 10000000000ull, 100000000000ull,
		1000000000000ull, 10000000000000ull, 100000000000000ull,
		1000000000000000ull, 10000000000000000ull, 100000000000000000ull,
		1000000000000000000ull, 10000000000000000000ull,
	};
	/* The number of bits times log10(2) is the length, or one less. */
	unsigned int bits = 64 - (unsigned int)__builtin_clzll(value | 1);
	unsigned int length = bits * 1233 >> 12;

	return length + (value >= power[length]);
}

char *put_u64(char *p, uint64_t value)
{
	char *end = p + decimal_length(value);

	for (p = end; value >= 100; value /= 100) {
		p -= 2;
		memcpy(p, two_digits + value % 100 * 2, 2);
	}
	if (value >= 10)
		memcpy(p - 2, two_digits + value * 2, 2);
	else
		p[-1] = (char)('0' + value);
	return end;
}

char *put_s64(char *p, int64_t value)
{
	if (value < 0)
		*p++ = '-';
	return put_u64(p, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

char *put_hex16(char *p, uint64_t value)
{
	p = mempcpy(p, "0x", 2);
	p = digits_store(p, hex_encode((uint32_t)(value >> 32)));
	return digits_store(p, hex_encode((uint32_t)value));
}

char *put_hex(char *p, uint64_t value)
{
	size_t zeros = value ? (size_t)__builtin_clzll(value) / 4 : 15;
	char digits[18 + 16] = "";	/* so that the copy below has a fixed size */

	put_hex16(digits, value);
	p = mempcpy(p, "0x", 2);
	memcpy(p, digits + 2 + zeros, 16);
	return p + 16 - zeros;
}

char *put_seconds(char *p, uint64_t ns)
{
	uint64_t usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;

	p = put_u64(p, ns / NSEC_PER_SEC);
	*p++ = '.';
	for (int i = 4; i >= 0; i -= 2) {
		memcpy(p + i, two_digits + usec % 100 * 2, 2);
		usec /= 100;
	}
	return p + 6;
}

static char *put_unit(char *p, unsigned int unit)
{
	*p++ = ' ';
	if (unit) {
		*p++ = "KMGTPE"[unit - 1];
		*p++ = 'i';
	}
	*p++ = 'B';
	return p;
}

char *put_size(char *p, uint64_t size, bool bytes)
{
	unsigned int unit, shift;
	uint64_t whole, rest;

	if (bytes)
		return put_u64(p, size);

	unit = size ? (63 - (unsigned int)__builtin_clzll(size)) / 10 : 0;
	shift = unit * 10;
	whole = size >> shift;
	rest = size & ((1ull << shift) - 1);

	if (whole < 10 && rest) {
		/* Ten bits of the rest are enough for one decimal. */
		uint64_t tenths = ((rest >> (shift - 10)) * 10 + 512) >> 10;

		if (tenths == 10) {
			whole++;
			tenths = 0;
		}
		p = put_u64(p, whole);
		if (tenths) {
			*p++ = '.';
			*p++ = (char)('0' + tenths);
		}
	} else {
		if (shift && rest >> (shift - 1))
			whole++;
		if (whole == 1024) {
			whole = 1;
			unit++;
		}
		p = put_u64(p, whole);
	}
	return put_unit(p, unit);
}
