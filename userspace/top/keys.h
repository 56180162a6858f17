/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <wchar.h>

#include "top/selection.h"

/* Handle a key; @special says that it is a KEY_ of curses. */
void screen_key(struct screen *s, wint_t key, bool special);

/* Lines of help, up to NULL. */
extern const char *const screen_help[];
