/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_TALLY_H
#define BRKWATCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libbrkwatch/brkwatch.h"

/* Any byte of a row's may be one that is replaced by three. */
#define TALLY_NAME_MAX	(3 * sizeof(((struct brkwatch_row *)0)->name))

/* What of an address space only ever grows. */
struct counts {
	uint64_t calls;
	uint64_t refused;
	uint64_t grown_bytes;
	uint64_t shrunk_bytes;
};

/* A row of /proc/brkwatch/all or exited. */
struct space {
	uint64_t pid;
	char name[TALLY_NAME_MAX];	/* valid UTF-8 */
	uint64_t heap_bytes;
	uint64_t peak_bytes;
	uint64_t last_event_ns;
	struct counts counts;
	struct counts added;		/* to the counts since the reading before */

	/* private: */
	uint64_t id;			/* of the address space; 0: not known */
	unsigned int missing;		/* how many readings ago it was last seen alive */
	bool known;			/* from the reading before */
	bool followed;			/* it was found again, or in exited */
};

/* One reading after the other. Zeroed at first. */
struct tally {
	struct space *living;
	size_t n_living;
	struct space *ended;		/* since the reading before */
	size_t n_ended;

	/* private: */
	bool begun, blind;
	struct space_list {
		struct space *list;
		size_t n, room;
	} now, before, gone;
	struct ended_list {
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
void counts_subtract(struct counts *sum, const struct counts *counts);

#endif
