/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/table.h"
#include "libbrkwatch/sink.h"

/* There are eleven reasons; the last element counts those of a newer module. */
#define REASONS_MAX 24

/* Sums over the events of a process. */
struct event_sums {
	uint64_t longest_ns;
	uint64_t inside_ns;
	struct {
		char name[24];
		uint64_t count;
	} reasons[REASONS_MAX];
};

/* "12 calls, grown ..." */
struct sums_text {
	char text[256];
};

struct sums_text sums_text(const struct brkwatch_totals *totals, bool bytes);

void sums_add(struct event_sums *sums, struct brkwatch_event *ev);

/* The table of -c and -C: a line for each followed process. */
struct libscols_table *summary_new(void);
void summary_add(struct libscols_table *table, const struct brkwatch_process *process,
		 const struct event_sums *sums, bool bytes);
