/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_REPORT_H
#define BRKWATCH_REPORT_H

#include <stdint.h>

#include "cli.h"
#include "outbuf.h"
#include "event.h"
#include "snapshot.h"

/* Sums over the address spaces a followed process had, one after another. */
struct totals {
	uint64_t spaces;
	uint64_t calls;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
	uint64_t peak_bytes;
	uint64_t refused;
	uint64_t lost;
	uint64_t dropped;
};

void totals_add(struct totals *sum, const struct snapshot *snap);

/* Returns 0, or -EPROTO where the event makes no sense; then nothing is printed. */
int report_event(struct outbuf *out, const struct options *opts, struct snapshot *snap,
		 struct event *ev);

/* The other lines of --follow, for people or as JSON, as the options say. */
void report_start(struct outbuf *out, const struct options *opts, const struct snapshot *snap);
void report_exec(struct outbuf *out, const struct options *opts, const struct snapshot *snap);
void report_lost(struct outbuf *out, const struct options *opts, const struct snapshot *snap,
		 uint64_t count, bool before_open);
void report_summary(struct outbuf *out, const struct options *opts, pid_t pid,
		    const struct totals *sum, bool ended);

#endif
