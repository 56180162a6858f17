/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names of processes and files have any bytes. */

#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Length of the valid UTF-8 sequence at @text, which ends in a NUL, or 0. */
size_t utf8_sequence(const char *text);

/*
 * Whether a character is text: no control character, none that turns the direction of writing,
 * nothing that XML forbids.
 */
bool unicode_is_text(uint32_t c);

/*
 * Copy @from to @to with @instead for each byte that is not UTF-8, and for each character that is
 * not @good, if that is not NULL. @to may be @from where @instead is one byte. Returns the end.
 */
char *utf8_copy(char *to, const char *from, const char *instead, bool (*good)(uint32_t c));

/* Replace what a terminal would take for more than text, in place, by '?'. */
void text_clean(char *text);

/* What a name stands for where the module's files have it escaped; @plain may be @name. */
void name_unescape(char *plain, const char *name);
