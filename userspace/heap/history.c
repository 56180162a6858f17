// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "heap/history.h"

static uint64_t number(const struct brkwatch_event *event, enum brkwatch_field field)
{
	uint64_t value = 0;

	brkwatch_event_unsigned(event, field, &value);
	return value;
}

/*
 * A page comes with the first byte of it that is heap, and goes with it; but where
 * prctl moves the break, none comes or goes.
 */
static void take(struct origin *origin, const struct brkwatch_event *event, uint64_t address, uint64_t page)
{
	uint64_t old = number(event, BRKWATCH_OLD), new = number(event, BRKWATCH_NEW);
	uint64_t from = (old + page - 1) / page * page, to = (new + page - 1) / page * page;
	size_t len;
	const char *kind = brkwatch_event_text(event, BRKWATCH_EVENT, &len);
	const bool call = !(len == strlen("external") && !strncmp(kind, "external", len));

	if (call && address >= to && address < from)
		origin->seq = 0;
	if (address < from || address >= to)
		return;
	if (!call) {
		origin->moved_over = number(event, BRKWATCH_SEQ);
		return;
	}
	origin->seq = number(event, BRKWATCH_SEQ);
	origin->time_ns = number(event, BRKWATCH_TIME_NS);
	origin->tid = number(event, BRKWATCH_TID);
	origin->bytes = new - old;
	snprintf(origin->kind, sizeof(origin->kind), "%.*s", (int)len, kind);
}

int history_find(struct origin *origin, const struct space *space, uint64_t address)
{
	const struct brkwatch_snapshot *snap;
	struct brkwatch_event *event;
	int rc;

	*origin = (struct origin){ .seq = 0 };
	rc = space->reader ? brkwatch_read(space->reader, space->bw, space->pid, &snap) : -ENOENT;
	if (rc)
		return rc;
	origin->space = snap->space;
	origin->since = snap->since;
	origin->dropped = snap->dropped;
	while ((rc = brkwatch_next_event(space->reader, &event)) > 0) {
		if (!origin->oldest_ns)
			origin->oldest_ns = number(event, BRKWATCH_TIME_NS);
		take(origin, event, address, snap->page_size);
	}
	return rc;
}
