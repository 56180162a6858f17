// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "common/complain.h"
#include "events/json-lines.h"
#include "recording/lines.h"

/* NULL: there is no such member, or it is null. */
static struct json_object *member(struct json_object *object, const char *name)
{
	return json_object_object_get(object, name);
}

/* 0 and false: it is not there. */
static uint64_t number_of(struct json_object *object, const char *name)
{
	return json_object_get_uint64(member(object, name));
}

static bool true_of(struct json_object *object, const char *name)
{
	return json_object_get_boolean(member(object, name));
}

static int read_event(struct player *player, struct json_object *object)
{
	player->event.malformed = false;
	for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS; id++) {
		const char *name = field_words[id], *text = "-";
		struct json_object *value;

		if (!json_object_object_get_ex(object, name, &value))
			text = event_absent[id];
		else if (value)
			text = json_object_get_string(value);
		if (!*text)
			return player_problem(player, "an event without %s, which is needed", name);
		if (!event_set_field(&player->event, &player->fields, id, text, strlen(text)))
			return player_problem(player, "an event whose %s is not understood", name);
	}
	return 0;
}

static bool add_offset(struct wall *wall, struct json_object *object)
{
	struct json_object *ns = member(object, JSON_WALL_OFFSET);

	return ns && wall_add(wall, number_of(object, "since"), json_object_get_int64(ns));
}

/* What is known of the time of day when a process, or a state, begins. */
static void read_wall(struct wall *wall, struct json_object *object)
{
	struct json_object *all = member(object, JSON_WALL_OFFSETS);

	wall->n = 0;
	if (!json_object_is_type(all, json_type_array)) {
		add_offset(wall, object);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(all); i++)
		add_offset(wall, json_object_array_get_idx(all, i));
}

static int read_header(struct player *player, struct json_object *object,
		       struct brkwatch_process *process)
{
	struct brkwatch_snapshot *snap = &process->snap;
	const struct header_field *missing;
	struct json_object *value;

	*process = (struct brkwatch_process){ .snap.missing = UINT64_MAX };
	for (size_t i = 0; i < HEADER_FIELDS; i++) {
		const struct header_field *field = &header_fields[i];

		if (!json_object_object_get_ex(object, field->json, &value))
			continue;
		if (!value_parse(field->kind, value ? json_object_get_string(value) : "none",
				 header_value(field, snap)))
			return player_problem(player, "%s is not understood", field->json);
		snap->missing &= ~HEADER_BIT(i);
	}
	missing = header_end(snap);
	if (missing)
		return player_problem(player, "no %s, which is needed", missing->json);
	value = member(object, "name");
	if (value)
		snapshot_set_name(snap, json_object_get_string(value));
	value = member(object, "state");
	snap->exited = value && !strcmp(json_object_get_string(value), "exited");
	if (player->wall)
		read_wall(player->wall, object);
	return 0;
}

static int play_space(struct player *player, struct recorded *recorded, struct json_object *object)
{
	struct brkwatch_process process;
	int rc = read_header(player, object, &process);

	if (!rc)
		player_space(player, recorded, &process);
	return rc;
}

static int play_event(struct player *player, struct recorded *recorded, struct json_object *object)
{
	return read_event(player, object) ?:
	       player_event(player, recorded->entry.pid, number_of(object, "space"), 0);
}

static int play_state(struct player *player, struct recorded *recorded, struct json_object *object)
{
	struct json_object *events = member(object, "events");
	struct brkwatch_process process;
	int rc = read_header(player, object, &process);
	char *rows;
	size_t len;
	FILE *text;

	(void)recorded;
	if (rc)
		return rc;
	if (!json_object_is_type(events, json_type_array))
		return player_problem(player, "a state without events");
	text = needed(open_memstream(&rows, &len));
	for (size_t i = 0; i < json_object_array_length(events) && !rc; i++) {
		rc = read_event(player, json_object_array_get_idx(events, i));
		for (enum brkwatch_field id = 0; id < BRKWATCH_FIELDS && !rc; id++)
			fprintf(text, "%s%c", player->fields.field[id],
				id < BRKWATCH_FIELDS - 1 ? '\t' : '\n');
	}
	if (fclose(text))
		out_of_memory();
	rc = rc ?: reader_take_events(player->states, rows, len, &process.snap) ?:
		   player_state(player, &process);
	free(rows);
	return rc;
}

static int play_lost(struct player *player, struct recorded *recorded, struct json_object *object)
{
	struct brkwatch_process *process = &recorded->process;
	const bool before = true_of(object, "before_open");
	const uint64_t count = number_of(object, "count");

	/* Those of before may be in the header. */
	if (!before || !process->snap.dropped)
		process->snap.dropped += count;
	tell(&player->listener, lost, process, count, before);
	return 0;
}

static uint64_t address_of(struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name);
	uint64_t address = 0;
	const char *text = value ? json_object_get_string(value) : "";

	return strlen(text) == 18 && scan_hex(&text, &address) ? address : 0;
}

static void copy_text(char *text, size_t size, struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name);

	snprintf(text, size, "%s", value ? json_object_get_string(value) : "-");
}

static int play_missed(struct player *player, struct recorded *recorded, struct json_object *object)
{
	struct brkwatch_process *process = &recorded->process;
	struct brkwatch_row row = {
		.pid = (pid_t)process->snap.pid, .space = number_of(object, "space"),
		.start_brk = address_of(object, "start_brk"), .brk = address_of(object, "brk"),
		.calls = number_of(object, "calls"), .grows = number_of(object, "grows"),
		.grown_bytes = number_of(object, "grown_bytes"),
		.shrunk_bytes = number_of(object, "shrunk_bytes"),
		.peak_bytes = number_of(object, "peak_bytes"), .refused = number_of(object, "refused"),
		.forks = number_of(object, "forks"),
	};
	bool known = member(object, "calls");

	process->parent = (pid_t)number_of(object, "parent");
	copy_text(row.last_event, sizeof(row.last_event), object, "last_event");
	copy_text(row.last_request, sizeof(row.last_request), object, "last_request");
	copy_text(row.last_reason, sizeof(row.last_reason), object, "last_reason");
	copy_text(row.last_limit, sizeof(row.last_limit), object, "last_limit");
	copy_text(row.last_needed, sizeof(row.last_needed), object, "last_needed");
	if (member(object, "name"))
		snapshot_set_name(&process->snap, json_object_get_string(member(object, "name")));
	snprintf(row.name, sizeof(row.name), "%s", process->snap.name);
	player_missed(player, recorded, known ? &row : NULL);
	return 0;
}

/* What was counted where it was recorded is more than what can be counted here. */
static int play_summary(struct player *player, struct recorded *recorded, struct json_object *object)
{
	const struct brkwatch_totals totals = {
		.spaces = number_of(object, "spaces"),
		.calls = number_of(object, "calls"),
		.grown_bytes = number_of(object, "grown_bytes"),
		.shrunk_bytes = number_of(object, "shrunk_bytes"),
		.peak_bytes = number_of(object, "peak_bytes"),
		.refused = number_of(object, "refused"),
		.lost = number_of(object, "lost"),
		.dropped = number_of(object, "dropped"),
		.missed = number_of(object, "missed"),
	};

	player_done(player, recorded, &totals, true_of(object, "ended"));
	return 0;
}

static int play_clock(struct player *player, struct recorded *recorded, struct json_object *object)
{
	const struct wall *wall = player->wall;

	(void)recorded;
	if (wall && add_offset(player->wall, object))
		player->clock(player->listener.owner, &wall->offsets[wall->n - 1]);
	return 0;
}

/* A line of another type is a newer version's. */
static int play(struct player *player, struct json_object *object, const char *type)
{
	static const struct {
		const char *type;
		int (*play)(struct player *player, struct recorded *recorded, struct json_object *object);
	} types[] = {
		{ "event", play_event }, { "start", play_space }, { "exec", play_space },
		{ "state", play_state }, { "lost", play_lost }, { "missed", play_missed },
		{ "summary", play_summary }, { "clock", play_clock },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(type, types[i].type) != 0)
			continue;
		player->any = true;
		return types[i].play(player, player_process(player, number_of(object, "pid")), object);
	}
	return 0;
}

int json_play(struct player *player, const char *line)
{
	struct json_object *object = json_tokener_parse(line);
	struct json_object *type = member(object, "type");
	int rc;

	if (!json_object_is_type(object, json_type_object))
		rc = player_problem(player, "no JSON object, or cut short");
	else if (!type)
		rc = player_problem(player, "an object without a type");
	else if (number_of(object, "schema") > JSON_SCHEMA)
		rc = player_problem(player, "schema %llu, but this brkwatch-cli knows only %d",
				    (unsigned long long)number_of(object, "schema"), JSON_SCHEMA);
	else
		rc = play(player, object, json_object_get_string(type));
	json_object_put(object);
	return rc;
}
