// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "common/format-number.h"
#include "events/summary.h"

static const struct {
	const char *title;
	int flags;
} columns[] = {
	{ "PID", SCOLS_FL_RIGHT },
	{ "NAME", 0 },
	{ "CALLS", SCOLS_FL_RIGHT },
	{ "GROWN", SCOLS_FL_RIGHT },
	{ "SHRUNK", SCOLS_FL_RIGHT },
	{ "PEAK", SCOLS_FL_RIGHT },
	{ "MAX_US", SCOLS_FL_RIGHT },
	{ "INSIDE_US", SCOLS_FL_RIGHT },
	{ "REFUSED", 0 },
};

struct libscols_table *summary_new(void)
{
	struct libscols_table *table = table_new();

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_column(table, columns[i].title, columns[i].flags);
	return table;
}

struct sums_text sums_text(const struct brkwatch_totals *totals, bool bytes)
{
	struct sums_text sums;

	snprintf(sums.text, sizeof(sums.text), "%" PRIu64 " calls, grown %s, shrunk %s, peak %s, %" PRIu64
		 " refused", totals->calls, size_text(totals->grown_bytes, bytes).text,
		 size_text(totals->shrunk_bytes, bytes).text, size_text(totals->peak_bytes, bytes).text,
		 totals->refused);
	return sums;
}

void sums_add(struct event_sums *sums, struct brkwatch_event *ev)
{
	const struct slice *reason = &ev->field[BRKWATCH_REASON];
	uint64_t took = event_unsigned(ev, BRKWATCH_TOOK_NS);
	size_t i = 0;

	sums->inside_ns += took;
	if (sums->longest_ns < took)
		sums->longest_ns = took;
	if (!event_is(ev, BRKWATCH_REFUSED))
		return;
	while (i < REASONS_MAX - 1 && sums->reasons[i].count && !slice_is(*reason, sums->reasons[i].name))
		i++;
	if (!sums->reasons[i].count++)
		snprintf(sums->reasons[i].name, sizeof(sums->reasons[i].name), "%.*s",
			 i < REASONS_MAX - 1 ? (int)reason->len : 5,
			 i < REASONS_MAX - 1 ? reason->text : "other");
}

/* 4: 3 rlimit_data, 1 next_mapping */
static void put_refused(char *text, size_t size, uint64_t refused, const struct event_sums *sums)
{
	int len = snprintf(text, size, "%" PRIu64, refused);

	for (size_t i = 0; i < REASONS_MAX && sums->reasons[i].count && (size_t)len < size; i++)
		len += snprintf(text + len, size - (size_t)len, "%s %" PRIu64 " %s", i ? "," : ":",
				sums->reasons[i].count, sums->reasons[i].name);
}

void summary_add(struct libscols_table *table, const struct brkwatch_process *process,
		 const struct event_sums *sums, bool bytes)
{
	struct libscols_line *line = table_line(table);
	const struct brkwatch_totals *sum = &process->totals;
	char refused[256];

	put_refused(refused, sizeof(refused), sum->refused, sums);
	table_cell(line, 0, "%" PRIu64, process->snap.pid);
	table_cell(line, 1, "%s", process->snap.name);
	table_cell(line, 2, "%" PRIu64, sum->calls);
	table_cell(line, 3, "%s", size_text(sum->grown_bytes, bytes).text);
	table_cell(line, 4, "%s", size_text(sum->shrunk_bytes, bytes).text);
	table_cell(line, 5, "%s", size_text(sum->peak_bytes, bytes).text);
	table_cell(line, 6, "%" PRIu64, (sums->longest_ns + 500) / 1000);
	table_cell(line, 7, "%" PRIu64, (sums->inside_ns + 500) / 1000);
	table_cell(line, 8, "%s", refused);
}
