/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>

#include "metrics/deltas.h"

/* Each is some twelve lines in each scrape, twice as many may come to be shown. */
#define GROUPS_DEFAULT	20
#define GROUPS_MAX	100

/* Processes of one command name. */
struct group {
	/* Valid UTF-8: any byte of a row's may be one that is replaced by three. */
	char name[3 * sizeof(((struct brkwatch_row *)0)->name)];
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
	struct group *all;		/* of a reading; their counts are what was added */
	size_t n_all, room;
	bool begun;
	struct counts totals;
	int64_t rest[COUNTS];
};

/* A take_delta, whose owner is the groups. */
take_delta groups_take;

/*
 * Sort what was taken since the last call into groups. @totals: of all address spaces that there ever
 * were, where that is known, or NULL.
 */
void groups_update(struct groups *groups, const struct counts *totals);

void groups_free(struct groups *groups);
