/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "top/options.h"

/* Show the processes again and again, as text or JSON. Complains, but not of a write error. */
enum exit_status text_run(struct outbuf *out, const struct top_options *opts);

/* The time of day, as 12:34:56; @text has TOP_TIME_MAX bytes. */
#define TOP_TIME_MAX 16
void top_time(char *text);

/* When to look next: in time with @due_ms, the last one, or later where that is past. */
uint64_t top_next_ms(uint64_t due_ms, uint64_t interval_ms);
