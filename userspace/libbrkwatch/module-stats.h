/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_MODSTATS_H
#define BRKWATCH_MODSTATS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "metrics/deltas.h"

/* /proc/brkwatch/stats, as it was at one moment. */
struct modstats {
	char *text;		/* keys and values */
	const char *probes;	/* what follows, with its head; "" where there is nothing */
};

/* Complains and returns false where it cannot be read. */
bool modstats_read(struct modstats *stats, const struct options *opts);
void modstats_free(struct modstats *stats);

/* The value of a key, which ends with the line, or NULL: an older module has fewer. */
const char *modstats_find(const struct modstats *stats, const char *key);
bool modstats_number(const struct modstats *stats, const char *key, uint64_t *value);

/* Totals over all address spaces; false where the module has none. */
bool modstats_totals(const struct modstats *stats, struct counts *totals);

#endif
