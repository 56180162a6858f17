/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What options set, by their name and their argument. False, after a complaint, if that is invalid. */
bool take_flag(const char *option, const char *text, void *flag);
bool take_text(const char *option, const char *text, void *pointer);
bool take_count(const char *option, const char *text, void *count);	/* uint64_t, from 1 on */
bool take_seconds(const char *option, const char *text, void *ms);	/* uint64_t */
bool take_size(const char *option, const char *text, void *size);	/* uint64_t */

/* 4096, 132K, 1.5M, 2GiB; does not complain. */
bool parse_size(const char *text, uint64_t *size);

/* Complain about an argument, say what is expected, and return false. */
bool not_understood(const char *option, const char *argument, const char *expected);
