// SPDX-License-Identifier: GPL-2.0
#include "libbrkwatch/fields.h"
#include "libbrkwatch/process-file.h"

#define HEADER(key, json, kind) { key, #json, kind, offsetof(struct snapshot, json) }

const struct header_field header_fields[HEADER_FIELDS] = {
	HEADER("Pid", pid, FIELD_UNSIGNED),
	HEADER("Space", space, FIELD_UNSIGNED),
	HEADER("PageSize", page_size, FIELD_UNSIGNED),
	HEADER("StartBrk", start_brk, FIELD_ADDRESS),
	HEADER("Brk", brk, FIELD_ADDRESS),
	HEADER("HeapBytes", heap_bytes, FIELD_UNSIGNED),
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
	{ "Events", "last_seq", FIELD_UNSIGNED, offsetof(struct snapshot, events) },
	HEADER("Dropped", dropped, FIELD_UNSIGNED),
};
