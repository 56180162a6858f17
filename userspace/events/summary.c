// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "common/format-number.h"
#include "common/table.h"
#include "events/summary.h"

struct summary {
	struct libscols_table *table;
	int error;
};

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

struct summary *summary_new(void)
{
	struct summary *summary = calloc(1, sizeof(*summary));

	if (!summary)
		return NULL;
	summary->table = table_new();
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (!summary->table ||
		    !scols_table_new_column(summary->table, columns[i].title, 0, columns[i].flags)) {
			summary_free(summary);
			return NULL;
		}
	return summary;
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

void summary_add(struct summary *summary, const struct brkwatch_process *process,
		 const struct event_sums *sums, bool bytes)
{
	struct libscols_line *line = scols_table_new_line(summary->table, NULL);
	const struct brkwatch_totals *sum = &process->totals;
	char refused[256];
	int rc = 0;

	put_refused(refused, sizeof(refused), sum->refused, sums);
	rc = rc ?: table_cell(line, 0, "%" PRIu64, process->snap.pid);
	rc = rc ?: table_cell(line, 1, "%s", process->snap.name);
	rc = rc ?: table_cell(line, 2, "%" PRIu64, sum->calls);
	rc = rc ?: table_cell(line, 3, "%s", size_text(sum->grown_bytes, bytes).text);
	rc = rc ?: table_cell(line, 4, "%s", size_text(sum->shrunk_bytes, bytes).text);
	rc = rc ?: table_cell(line, 5, "%s", size_text(sum->peak_bytes, bytes).text);
	rc = rc ?: table_cell(line, 6, "%" PRIu64, (sums->longest_ns + 500) / 1000);
	rc = rc ?: table_cell(line, 7, "%" PRIu64, (sums->inside_ns + 500) / 1000);
	rc = rc ?: table_cell(line, 8, "%s", refused);
	summary->error = summary->error ?: rc;
}

void summary_print(struct summary *summary, struct outbuf *out)
{
	if (!summary->error)
		summary->error = table_put(out, summary->table);
	if (summary->error)
		warn_user("cannot print the summary: %s", strerror(-summary->error));
}

void summary_free(struct summary *summary)
{
	if (summary)
		scols_unref_table(summary->table);
	free(summary);
}
