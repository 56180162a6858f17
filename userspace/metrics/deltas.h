/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/by-pid.h"
#include "libbrkwatch/brkwatch.h"

/* What of an address space only ever grows. */
enum count { COUNT_CALLS, COUNT_REFUSED, COUNT_GROWN, COUNT_SHRUNK, COUNTS };

struct counts {
	uint64_t of[COUNTS];
};

void counts_add(struct counts *sum, const struct counts *counts);

/* Of all address spaces that there ever were; false where the module does not tell. */
bool counts_of_all(const struct brkwatch_stats *stats, struct counts *totals);

/* Gets a row, and what its address space has done since the reading before. */
typedef void take_delta(void *owner, const struct brkwatch_row *row, const struct counts *added, bool lives);

/* One reading after the other. Zeroed at first. */
struct spaces {
	struct pid_table known;		/* by their own numbers */
	unsigned int reading;
	bool blind;			/* exited cannot be read */
};

/*
 * Read all, and with @ends also exited. @take gets each address space that lives once, and each that has
 * ended; what was done before the first reading is not added. False: after a complaint.
 */
bool spaces_read(struct spaces *spaces, const struct brkwatch *bw, bool ends, take_delta *take, void *owner);

void spaces_free(struct spaces *spaces);
