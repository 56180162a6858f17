/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_TOP_H
#define BRKWATCH_TOP_H

#include "cli/cli.h"
#include "common/output.h"
#include "common/choose-processes.h"

/*
 * Show the processes again and again: on the whole screen where @out is a terminal, else as text
 * or JSON. The numbers in @sel must be in order. Complains before it returns STATUS_FAILED, but
 * not of a write error.
 */
enum exit_status top_run(struct outbuf *out, const struct options *opts,
			 const struct selection *sel);

/* The time of day, as 12:34:56; @text has TOP_TIME_MAX bytes. */
#define TOP_TIME_MAX 16
void top_time(char *text);

/* CLOCK_MONOTONIC, in milliseconds. */
uint64_t top_clock_ms(void);

/* When to look next: in time with @due_ms, the last one, or later where that is past. */
uint64_t top_next_ms(uint64_t due_ms, uint64_t interval_ms);

#endif
