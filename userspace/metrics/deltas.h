/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libbrkwatch/brkwatch.h"

/* Any byte of a row's may be one that is replaced by three. */
#define DELTA_NAME_MAX	(3 * sizeof(((struct brkwatch_row *)0)->name))

/* What of an address space only ever grows. */
enum count { COUNT_CALLS, COUNT_REFUSED, COUNT_GROWN, COUNT_SHRUNK, COUNTS };

struct counts {
	uint64_t of[COUNTS];
};

/* An address space, by its row in all or exited. */
struct delta {
	struct brkwatch_row row;
	char name[DELTA_NAME_MAX];	/* valid UTF-8 */
	struct counts added;		/* to its counts since the reading before */

	/* private: */
	unsigned int missing;		/* how many readings ago it was last seen alive */
	bool known;			/* from the reading before */
	bool followed;			/* it was found again, or in exited */
};

/* One reading after the other. Zeroed at first. */
struct tally {
	struct deltas {
		struct delta *list;
		size_t n, room;
	} now, ended;			/* ended: since the reading before */
	size_t n_living;		/* of now; those behind are missing */

	/* private: */
	bool begun, blind;
	struct deltas before;
	struct exits {
		struct ended { uint64_t exit_ns, pid; } *list;
		size_t n, room;
	} exits, exits_before;
};

/*
 * Read all, and with @ends also what those have done that have ended since the reading before.
 * What was done before the first reading is not counted as added. Complains and returns false
 * where it cannot be read.
 */
bool tally_read(struct tally *tally, const struct brkwatch *bw, bool ends);

void tally_free(struct tally *tally);

/* Of all address spaces that there ever were; false where the module does not tell. */
bool counts_of_all(const struct brkwatch_stats *stats, struct counts *totals);

void counts_add(struct counts *sum, const struct counts *counts);
