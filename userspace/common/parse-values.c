// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "common/parse-values.h"

bool not_understood(const char *option, const char *argument, const char *expected)
{
	warn_user("%s: invalid argument: '%s'; expected %s", option, argument, expected);
	return false;
}

bool take_flag(const char *option, const char *text, void *flag)
{
	(void)option;
	(void)text;
	*(bool *)flag = true;
	return true;
}

bool take_text(const char *option, const char *text, void *pointer)
{
	(void)option;
	*(const char **)pointer = text;
	return true;
}

bool take_count(const char *option, const char *text, void *to)
{
	uint64_t *count = to;
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || !*count)
		return not_understood(option, text, "a number, 1 or more");
	return true;
}

bool take_seconds(const char *option, const char *text, void *ms)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!isdigit((unsigned char)*text) || *end || !isfinite(seconds) || seconds > 1e9 ||
	    seconds * 1000 < 1)
		return not_understood(option, text, "seconds, such as 10 or 0.5");
	*(uint64_t *)ms = (uint64_t)(seconds * 1000);
	return true;
}

bool parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	double value;
	char *end;

	errno = 0;
	value = strtod(text, &end);
	if (!isdigit((unsigned char)*text) || errno)
		return false;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		value = ldexp(value, 10 * (int)(unit - units + 1));
		end++;
		if (*end == 'i')
			end++;
	}
	if (*end == 'B')
		end++;
	if (*end || value >= ldexp(1, 64))
		return false;
	*size = (uint64_t)value;
	return true;
}

bool take_size(const char *option, const char *text, void *size)
{
	return parse_size(text, size) || not_understood(option, text, "a size such as 64K or 1M");
}
