// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>

#include "recording/lines.h"

#define CSV_COLUMNS_MAX	(sizeof(((struct csv *)0)->ids) / sizeof(enum column_id))

/* A head says which columns there are; without one they are those that --csv has by itself. */
static int find_columns(struct csv *csv, struct player *player, const char *text, bool head)
{
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
			return player_problem(player, "neither JSON nor CSV with a column %s",
					      field_words[id]);
	if (!found[COL_PID])
		return player_problem(player, "neither JSON nor CSV with a column pid");
	csv->n = n;
	player->any = true;
	return 0;
}

/* @numbers: of the columns that are no field of the event. */
static bool set_cell(struct player *player, uint64_t *numbers, enum column_id id, const char *word)
{
	if (id >= COL_SEQ && id < COLUMN_OF(BRKWATCH_FIELDS)) {
		word = *word ? word : "-";
		return event_set_field(&player->event, &player->fields,
				       (enum brkwatch_field)(id - COL_SEQ), word, strlen(word));
	}
	if ((id == COL_START || id == COL_SPACE) && !*word)
		return true;
	return (id != COL_PID && id != COL_SPACE && id != COL_START) ||
	       value_parse(event_columns[id].kind, word, &numbers[id]);
}

int csv_play(struct csv *csv, struct player *player, char *line)
{
	uint64_t numbers[COLUMNS] = { 0 };
	size_t i = 0;

	if (!csv->n) {
		const bool head = !isdigit((unsigned char)*line);
		int rc = find_columns(csv, player, line, head);

		if (rc || head)
			return rc;
	}
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++)
		event_set_field(&player->event, &player->fields, id, event_absent[id],
				strlen(event_absent[id]));
	for (char *word; (word = strsep(&line, ",")); i++) {
		if (i == csv->n)
			return player_problem(player, "more columns than the head has");
		if (!set_cell(player, numbers, csv->ids[i], word))
			return player_problem(player, "not understood: %.40s", word);
	}
	if (i < csv->n)
		return player_problem(player, "cut short");
	if (slice_is(player->event.field[BRKWATCH_EVENT], CSV_MISSED)) {
		player_missed(player, player_process(player, numbers[COL_PID]), NULL);
		return 0;
	}
	player->event.malformed = false;
	return player_event(player, numbers[COL_PID], numbers[COL_SPACE], numbers[COL_START]);
}
