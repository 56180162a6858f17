// SPDX-License-Identifier: GPL-2.0
#include "libbrkwatch/fields.h"
#include "libbrkwatch/process-file.h"

#define NEEDED(key, json, kind) { key, #json, kind, offsetof(struct snapshot, json), true }
#define HEADER(key, json, kind) { key, #json, kind, offsetof(struct snapshot, json), false }

const struct header_field header_fields[HEADER_FIELDS] = {
	NEEDED("Pid", pid, FIELD_UNSIGNED),
	NEEDED("Space", space, FIELD_UNSIGNED),
	NEEDED("PageSize", page_size, FIELD_UNSIGNED),
	NEEDED("StartBrk", start_brk, FIELD_ADDRESS),
	NEEDED("Brk", brk, FIELD_ADDRESS),
	NEEDED("HeapBytes", heap_bytes, FIELD_UNSIGNED),
	HEADER("HeapPages", heap_pages, FIELD_UNSIGNED),
	HEADER("PeakBytes", peak_bytes, FIELD_UNSIGNED),
	HEADER("DataLimit", data_limit, FIELD_LIMIT),
	HEADER("NextMapping", next_mapping, FIELD_MAPPING),
	HEADER("RoomBytes", room_bytes, FIELD_LIMIT),
	HEADER("Since", since, FIELD_UNSIGNED),
	HEADER("Calls", calls, FIELD_UNSIGNED),
	HEADER("Queries", queries, FIELD_UNSIGNED),
	HEADER("Grows", grows, FIELD_UNSIGNED),
	HEADER("Shrinks", shrinks, FIELD_UNSIGNED),
	HEADER("Moves", moves, FIELD_UNSIGNED),
	HEADER("Same", same, FIELD_UNSIGNED),
	HEADER("Refused", refused, FIELD_UNSIGNED),
	HEADER("GrownBytes", grown_bytes, FIELD_UNSIGNED),
	HEADER("ShrunkBytes", shrunk_bytes, FIELD_UNSIGNED),
	HEADER("InFlight", in_flight, FIELD_UNSIGNED),
	HEADER("Lost", lost, FIELD_UNSIGNED),
	HEADER("History", history, FIELD_UNSIGNED),
	/* In JSON "events" is the array of them. */
	{ "Events", "last_seq", FIELD_UNSIGNED, offsetof(struct snapshot, events), false },
	HEADER("Dropped", dropped, FIELD_UNSIGNED),
	HEADER("External", external, FIELD_UNSIGNED),
	HEADER("Resyncs", resyncs, FIELD_UNSIGNED),
	HEADER("ExternalUpBytes", external_up_bytes, FIELD_UNSIGNED),
	HEADER("ExternalDownBytes", external_down_bytes, FIELD_UNSIGNED),
	HEADER("StartBefore", start_before, FIELD_ADDRESS),
};

const struct header_field *header_end(struct snapshot *snap, uint32_t seen)
{
	snap->missing = ~seen;
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];

		if (seen & 1u << i)
			continue;
		if (field->needed)
			return field;
		*(uint64_t *)((char *)snap + field->offset) =
			field->kind == FIELD_LIMIT || field->kind == FIELD_MAPPING ? VALUE_NONE : 0;
	}
	snap->start = snap->start_before ?: snap->start_brk;
	return NULL;
}

bool header_has(const struct snapshot *snap, const uint64_t *member)
{
	size_t i = 0;

	while (header_fields[i].offset != (size_t)((const char *)member - (const char *)snap))
		i++;
	return !(snap->missing & 1u << i);
}
