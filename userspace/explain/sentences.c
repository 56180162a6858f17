// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explain/sentences.h"
#include "common/utf8.h"

#define INDENT	"    "
#define COLUMNS_MAX 80

static bool is_prose(uint32_t c)
{
	return c == (unsigned char)*PROSE_BLANK || unicode_is_text(c);
}

void prose_add(struct prose *prose, const char *fmt, ...)
{
	size_t room = sizeof(prose->text) - prose->len;
	char *p = prose->text + prose->len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(p, room, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	prose->len = (size_t)(utf8_copy(p, p, "?", is_prose) - prose->text);
}

struct number prose_size(uint64_t size, bool bytes)
{
	struct number n = { .text = "" };
	char *end = put_size(n.text, size, bytes);

	stpcpy(end, bytes ? " B" : "");
	return n;
}

static void put_line(struct outbuf *out, const char *text, size_t len)
{
	char *p = outbuf_reserve(out, len + sizeof(INDENT) + 1);

	p = stpcpy(p, INDENT);
	for (size_t i = 0; i < len; i++, p++)
		if ((*p = text[i]) == *PROSE_BLANK)
			*p = ' ';
	*p++ = '\n';
	outbuf_commit(out, p);
}

void prose_put(struct outbuf *out, const char *text)
{
	const char *p = text;

	while (*p) {
		size_t len = strcspn(p, " "), word;

		while (p[len] && (word = strcspn(p + len + 1, " ")) &&
		       strlen(INDENT) + len + 1 + word <= COLUMNS_MAX)
			len += 1 + word;
		put_line(out, p, len);
		p += len + strspn(p + len, " ");
	}
}
