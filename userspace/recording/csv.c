// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdio.h>

#include "recording/csv.h"

/* A head says which columns there are; without one they are those that --csv has by itself. */
static int find_columns(struct csv *csv, const char *text, struct line *line)
{
	const bool head = !isdigit((unsigned char)*text);
	bool found[COLUMNS + 1] = { false };
	struct column_list list = { .n = 0 };
	size_t n = 0;

	columns_for_programs(&list, true);
	for (; n < CSV_COLUMNS_MAX; text++) {
		size_t len = strcspn(text, ",");
		enum column_id id = n < list.n ? list.ids[n] : COLUMNS;

		id = head ? column_called(text, len) : id;
		csv->ids[n++] = id;
		found[id] = true;
		text += len;
		if (!*text)
			break;
	}
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++)
		if (!found[COLUMN_OF(id)] && !*event_absent[id])
			return line_problem(line, "neither JSON nor CSV with a column %s",
					    field_words[id]);
	if (!found[COL_PID])
		return line_problem(line, "neither JSON nor CSV with a column pid");
	csv->n = n;
	line->type = head ? LINE_HEAD : LINE_OTHER;
	return 0;
}

static bool set_field(struct csv *csv, struct line *line, enum column_id id, const char *word)
{
	struct brkwatch_snapshot *snap = &line->process.snap;
	char text[2 * SCAN_SLACK] = "";
	const char *p = text;

	if (strlen(word) >= SCAN_SLACK)
		return false;
	snprintf(text, sizeof(text), "%s", *word ? word : "-");
	if (id >= COL_SEQ && id < COLUMN_OF(BRKWATCH_FIELDS))
		return event_set_field(&line->event, &csv->fields,
				       (enum brkwatch_field)(id - COL_SEQ), text, strlen(text));
	switch (id) {
	case COL_PID:
		return scan_u64(&p, &snap->pid) && !*p;
	case COL_SPACE:
		return scan_u64(&p, &snap->space) && !*p;
	case COL_START:
		return !*word || (scan_hex(&p, &snap->start) && !*p);
	default:
		return true;
	}
}

int csv_read(struct csv *csv, char *text, struct line *line)
{
	size_t i = 0;

	if (!csv->n) {
		int rc = find_columns(csv, text, line);

		if (rc || line->type == LINE_HEAD)
			return rc;
	}
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++)
		event_set_field(&line->event, &csv->fields, id, event_absent[id],
				strlen(event_absent[id]));
	for (char *word; (word = strsep(&text, ",")); i++) {
		if (i == csv->n)
			return line_problem(line, "more columns than the head has");
		if (!set_field(csv, line, csv->ids[i], word))
			return line_problem(line, "not understood: %.40s", word);
	}
	if (i < csv->n)
		return line_problem(line, "cut short");
	snapshot_set_name(&line->process.snap, "?");
	line->type = LINE_EVENT;
	return 0;
}
