// SPDX-License-Identifier: GPL-2.0
#include "libbrkwatch/internal.h"

#define FIELD(key, json, kind, needed) \
	{ key, #json, kind, offsetof(struct brkwatch_snapshot, json), needed }
#define NEEDED(key, json, kind) FIELD(key, json, kind, true)
#define HEADER(key, json, kind) FIELD(key, json, kind, false)

const struct header_field header_fields[HEADER_FIELDS] = {
	NEEDED("Pid", pid, VALUE_UNSIGNED),
	NEEDED("Space", space, VALUE_UNSIGNED),
	NEEDED("PageSize", page_size, VALUE_UNSIGNED),
	NEEDED("StartBrk", start_brk, VALUE_ADDRESS),
	NEEDED("Brk", brk, VALUE_ADDRESS),
	NEEDED("HeapBytes", heap_bytes, VALUE_UNSIGNED),
	HEADER("HeapPages", heap_pages, VALUE_UNSIGNED),
	HEADER("PeakBytes", peak_bytes, VALUE_UNSIGNED),
	HEADER("DataLimit", data_limit, VALUE_LIMIT),
	HEADER("NextMapping", next_mapping, VALUE_MAPPING),
	HEADER("RoomBytes", room_bytes, VALUE_LIMIT),
	HEADER("Since", since, VALUE_UNSIGNED),
	HEADER("Calls", calls, VALUE_UNSIGNED),
	HEADER("Queries", queries, VALUE_UNSIGNED),
	HEADER("Grows", grows, VALUE_UNSIGNED),
	HEADER("Shrinks", shrinks, VALUE_UNSIGNED),
	HEADER("Moves", moves, VALUE_UNSIGNED),
	HEADER("Same", same, VALUE_UNSIGNED),
	HEADER("Refused", refused, VALUE_UNSIGNED),
	HEADER("GrownBytes", grown_bytes, VALUE_UNSIGNED),
	HEADER("ShrunkBytes", shrunk_bytes, VALUE_UNSIGNED),
	HEADER("InFlight", in_flight, VALUE_UNSIGNED),
	HEADER("Lost", lost, VALUE_UNSIGNED),
	HEADER("History", history, VALUE_UNSIGNED),
	/* In JSON "events" is the array of them. */
	{ "Events", "last_seq", VALUE_UNSIGNED, offsetof(struct brkwatch_snapshot, events), false },
	HEADER("Dropped", dropped, VALUE_UNSIGNED),
	HEADER("External", external, VALUE_UNSIGNED),
	HEADER("Resyncs", resyncs, VALUE_UNSIGNED),
	HEADER("ExternalUpBytes", external_up_bytes, VALUE_UNSIGNED),
	HEADER("ExternalDownBytes", external_down_bytes, VALUE_UNSIGNED),
	HEADER("StartBefore", start_before, VALUE_ADDRESS),
	HEADER("NextSpace", next_space, VALUE_UNSIGNED),
	HEADER("SpacesBefore", spaces_before, VALUE_UNSIGNED),
};

const struct header_field *header_end(struct brkwatch_snapshot *snap)
{
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];

		if (!(snap->missing & HEADER_BIT(i)))
			continue;
		if (field->needed)
			return field;
		*header_value(field, snap) =
			field->kind == VALUE_LIMIT || field->kind == VALUE_MAPPING ? BRKWATCH_NONE : 0;
	}
	snap->start = snap->start_before ?: snap->start_brk;
	return NULL;
}

bool header_has(const struct brkwatch_snapshot *snap, const uint64_t *member)
{
	size_t i = 0;

	while (header_fields[i].offset != (size_t)((const char *)member - (const char *)snap))
		i++;
	return !(snap->missing & HEADER_BIT(i));
}

bool value_parse(enum value_kind kind, const char *text, uint64_t *value)
{
	const bool address = kind == VALUE_ADDRESS || kind == VALUE_MAPPING;
	char room[2 * SCAN_SLACK] = "";
	const char *p = room;
	const size_t len = strlen(text);

	if ((kind == VALUE_LIMIT || kind == VALUE_MAPPING) &&
	    (!strcmp(text, "none") || !strcmp(text, "unlimited") || !strcmp(text, "-"))) {
		*value = BRKWATCH_NONE;
		return true;
	}
	if (len >= SCAN_SLACK)
		return false;
	memcpy(room, text, len + 1);
	return (address ? scan_hex(&p, value) : scan_u64(&p, value)) && !*p;
}
