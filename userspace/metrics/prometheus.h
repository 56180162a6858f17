/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "metrics/groups.h"
#include "common/output.h"
#include "common/wall-clock.h"

struct metrics_options {
	const struct brkwatch *bw;
	const char *file;		/* or NULL: standard output */
	uint64_t interval_ms;		/* 0: once */
	uint64_t groups;		/* how many are shown */
	struct wall wall;
};

/*
 * What was read, in Prometheus's text format. Of a group there are counters only where @counters says
 * that there was a reading before; what the module does not tell is left out.
 */
void prom_print(struct outbuf *out, const struct metrics_options *opts, const struct brkwatch_stats *stats,
		const struct groups *groups, bool counters);
