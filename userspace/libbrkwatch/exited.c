// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "libbrkwatch/exited.h"
#include "libbrkwatch/process-table.h"

enum { PID, NAME, PEAK, CALLS, GROWS, REFUSED, GROWN, SHRUNK, WANTED };

static const char *const names[WANTED] = {
	[PID] = "pid",
	[NAME] = "name",
	[PEAK] = "peak_bytes",
	[CALLS] = "calls",
	[GROWS] = "grows",
	[REFUSED] = "refused",
	[GROWN] = "grown_bytes",
	[SHRUNK] = "shrunk_bytes",
};

bool exited_find(const struct options *opts, pid_t pid, struct totals *sum, char *name, size_t size)
{
	struct totals t = { .spaces = 1 };
	struct rows rows;
	bool found = false;
	uint64_t number;

	if (rows_open(&rows, opts, "exited", names, WANTED))
		return false;
	/* The newest come first. */
	while (!found && rows_next(&rows) > 0)
		found = rows_number(&rows, PID, &number) && number == (uint64_t)pid;
	found = found && rows_number(&rows, CALLS, &t.calls) &&
		rows_number(&rows, GROWS, &t.grows) &&
		rows_number(&rows, REFUSED, &t.refused) &&
		rows_number(&rows, GROWN, &t.grown_bytes) &&
		rows_number(&rows, SHRUNK, &t.shrunk_bytes) &&
		rows_number(&rows, PEAK, &t.peak_bytes);
	if (found) {
		*sum = t;
		snprintf(name, size, "%s", rows.values[NAME]);
	}
	rows_close(&rows);
	return found;
}
