/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Arguments; @option is named in the complaint. False, after that, if the text is invalid. */
bool parse_count(const char *option, const char *text, uint64_t *count);	/* from 1 on */
bool parse_seconds(const char *option, const char *text, uint64_t *ms);

/* 4096, 132K, 1.5M, 2GiB; does not complain. */
bool parse_size(const char *text, uint64_t *size);

/* Complain about an argument, say what is expected, and return false. */
bool not_understood(const char *option, const char *argument, const char *expected);
