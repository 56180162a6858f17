/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Arguments of options. False, after a complaint, where the text is not understood. */
bool parse_count(const char *option, const char *text, uint64_t *count);	/* from 1 on */
bool parse_seconds(const char *option, const char *text, uint64_t *ms);

/* 4096, 132K, 1.5M, 2GiB; does not complain. */
bool parse_size(const char *text, uint64_t *size);

/* Complains of an argument, and returns false. */
bool not_understood(const char *option, const char *argument);
