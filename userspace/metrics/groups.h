/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "metrics/deltas.h"

/* Each is some twelve lines in each scrape, twice as many may come to be shown. */
#define GROUPS_DEFAULT	20
#define GROUPS_MAX	100

/* Processes of one command name. */
struct group {
	char name[DELTA_NAME_MAX];
	uint64_t processes;
	uint64_t heap_bytes;
	uint64_t peak_bytes;		/* of each process its highest, together */
	uint64_t last_event_ns;		/* 0: none */
	struct counts counts;		/* since the group is shown */

	bool top;			/* private */
};

/* Those that are shown, and the rest. Zeroed at first, but for @top. */
struct groups {
	size_t top;			/* how many of the largest */
	struct group shown[2 * GROUPS_MAX];
	size_t n;
	struct group other;

	/* private: */
	struct group *all;
	size_t n_all, room;
	bool begun;
	struct counts totals;
	int64_t rest[COUNTS];
};

/*
 * Sort what was read into groups. @totals: of all address spaces that there ever were, where that
 * is known, or NULL. The living are in another order then.
 */
void groups_update(struct groups *groups, struct tally *tally, const struct counts *totals);

void groups_free(struct groups *groups);
