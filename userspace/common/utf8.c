// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "common/utf8.h"

size_t utf8_sequence(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 :
		     (*s & 0xf0) == 0xe0 ? 3 : *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and characters beyond U+10FFFF. */
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

bool unicode_is_text(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c >= 0xa0) && (c < 0x200b || c > 0x200f) &&
	       (c < 0x2028 || c > 0x202e) && (c < 0x2060 || c > 0x206f) && c != 0xfeff &&
	       (c & 0xfffe) != 0xfffe;
}

/* Of a valid sequence. */
static uint32_t character(const char *text, size_t len)
{
	uint32_t c = (unsigned char)*text;

	if (len > 1)
		c &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++)
		c = c << 6 | (text[i] & 0x3f);
	return c;
}

char *utf8_copy(char *to, const char *from, const char *instead, bool (*good)(uint32_t c))
{
	while (*from) {
		size_t len = utf8_sequence(from);

		if (len && (!good || good(character(from, len)))) {
			memmove(to, from, len);
			to += len;
		} else {
			to = mempcpy(to, instead, strlen(instead));
		}
		from += len ?: 1;
	}
	*to = '\0';
	return to;
}

void text_clean(char *text)
{
	utf8_copy(text, text, "?", unicode_is_text);
}

void name_unescape(char *plain, const char *name)
{
	for (; *name; name++) {
		const bool escaped = *name == '\\' && name[1] && strchr("nt\\", name[1]);

		name += escaped;
		*plain = *name;
		if (escaped && *name != '\\')
			*plain = *name == 'n' ? '\n' : '\t';
		plain++;
	}
	*plain = '\0';
}
