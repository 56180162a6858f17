/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of processes and files may contain any bytes. */

#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Length of the valid UTF-8 sequence at @text, which ends in a NUL, or 0. */
size_t utf8_sequence(const char *text);

/*
 * Whether a character is text: not a control character, not one that changes the direction of writing,
 * not one that XML forbids.
 */
bool unicode_is_text(uint32_t c);

/*
 * Copy @from to @to with @instead for each byte that is not UTF-8, and for each character that is
 * not @good, if that is not NULL. @to may be @from where @instead is one byte. Returns the end.
 */
char *utf8_copy(char *to, const char *from, const char *instead, bool (*good)(uint32_t c));

/* Replace in place, by '?', whatever a terminal would not treat as text. */
void text_clean(char *text);

/* Undo the escapes of a name in the module's files; @plain may be @name. */
void name_unescape(char *plain, const char *name);
