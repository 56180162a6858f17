/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PROM_H
#define BRKWATCH_PROM_H

#include "metrics/groups.h"
#include "libbrkwatch/module-stats.h"
#include "common/output.h"

/*
 * What was read, in Prometheus's text format or in that of OpenMetrics. Of a group there are
 * counters only where @counters says that there was a reading before; what the module does not
 * tell is left out.
 */
void prom_print(struct outbuf *out, const struct options *opts, const struct modstats *stats,
		const struct groups *groups, bool counters);

#endif
