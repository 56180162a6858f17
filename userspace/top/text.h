/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "top/options.h"

/* Show the processes again and again, as text or JSON. Complains, except about a write error. */
enum exit_status text_run(struct outbuf *out, const struct top_options *opts);

/* The time of day, as 12:34:56; @text has TOP_TIME_MAX bytes. */
#define TOP_TIME_MAX 16
void top_time(char *text);

/* The time of the next reading: one interval after @due_ms, the last one, or later if that has passed. */
uint64_t top_next_ms(uint64_t due_ms, uint64_t interval_ms);
