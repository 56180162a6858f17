// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/complain.h"
#include "common/utf8.h"

void warn_user(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	/* The text may quote what somebody else wrote. */
	text_clean(text);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
	free(text);
}

void out_of_memory(void)
{
	warn_user("out of memory");
	exit(STATUS_FAILED);
}
