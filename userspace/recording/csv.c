// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "recording/csv.h"

/* A head says which columns there are; without one they are those that --csv has by itself. */
static int find_columns(struct csv *csv, const char *line, struct record *record)
{
	const bool head = !isdigit((unsigned char)*line);
	bool found[COLUMNS + 1] = { false };
	struct column_list list = { .n = 0 };
	size_t n = 0;

	columns_for_programs(&list, true);
	for (; n < CSV_COLUMNS_MAX; line++) {
		size_t len = strcspn(line, ",");
		enum column_id id = n < list.n ? list.ids[n] : COLUMNS;

		id = head ? column_called(line, len) : id;
		csv->ids[n++] = id;
		found[id] = true;
		line += len;
		if (!*line)
			break;
	}
	for (enum column_id id = COL_PID; id < COLUMN_OF(EVENT_FIELDS); id++)
		if (!found[id] && id != COL_SPACE && !*event_columns[id].absent)
			return record_problem(record, "neither JSON nor CSV with a column %s",
					      event_columns[id].name);
	csv->n = n;
	record->type = head ? RECORD_HEAD : RECORD_OTHER;
	return 0;
}

static bool set_field(struct record *record, enum column_id id, const char *word)
{
	char text[RECORD_FIELD_MAX] = "";
	const char *p = text;

	if (strlen(word) >= SCAN_SLACK)
		return false;
	snprintf(text, sizeof(text), "%s", *word ? word : "-");
	if (id >= COL_SEQ && id < COLUMN_OF(EVENT_FIELDS))
		return record_set_field(record, (enum event_field_id)(id - COL_SEQ), text, strlen(text));
	switch (id) {
	case COL_PID:
		return scan_u64(&p, &record->snap.pid) && !*p;
	case COL_SPACE:
		return scan_u64(&p, &record->snap.space) && !*p;
	case COL_START:
		return !*word || (scan_hex(&p, &record->snap.start) && !*p);
	default:
		return true;
	}
}

int csv_read(struct csv *csv, char *line, struct record *record)
{
	size_t i = 0;

	if (!csv->n) {
		int rc = find_columns(csv, line, record);

		if (rc || record->type == RECORD_HEAD)
			return rc;
	}
	for (enum event_field_id id = 0; id < EVENT_FIELDS; id++)
		record_set_field(record, id, column_absent(id).text, column_absent(id).len);
	for (char *word; (word = strsep(&line, ",")); i++) {
		if (i == csv->n)
			return record_problem(record, "more columns than the head has");
		if (!set_field(record, csv->ids[i], word))
			return record_problem(record, "not understood: %.40s", word);
	}
	if (i < csv->n)
		return record_problem(record, "cut short");
	record_set_name(&record->snap, "?");
	record->type = RECORD_EVENT;
	return 0;
}
