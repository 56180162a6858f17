// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "common/json.h"
#include "malloc/input.h"

/* NULL: there is no such member, or it is null. */
static struct json_object *member(struct json_object *object, const char *name)
{
	return json_object_object_get(object, name);
}

static uint64_t number_of(struct json_object *object, const char *name)
{
	return json_object_get_uint64(member(object, name));
}

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(member(object, name));
}

static uint64_t address_of(struct json_object *object, const char *name)
{
	return strtoull(text_of(object, name) ?: "0", NULL, 16);
}

/* -1: none of them. */
static int word_of(const char *const *words, int n, const char *word)
{
	while (n-- && (!word || strcmp(words[n], word) != 0))
		;
	return n;
}

/* 0: none; -1: there is no such name. */
static int error_of(const char *name)
{
	for (int error = 1; name && error <= EHWPOISON; error++)
		if (!strcmp(strerrorname_np(error) ?: "", name))
			return error;
	return name ? -1 : 0;
}

static bool play_call(struct timeline *timeline, struct json_object *object)
{
	const int id = word_of(call_names, CALLS, text_of(object, "call"));
	const int error = error_of(text_of(object, "error"));
	const char *reason = text_of(object, "reason"), *file = text_of(object, "file");
	const char *flags = text_of(object, "flags");
	struct call call = {
		.id = (enum call_id)id, .error = error,
		.pid = number_of(object, "pid"), .tid = number_of(object, "tid"),
		.time_ns = number_of(object, "time_ns"), .took_ns = number_of(object, "took_ns"),
		.request = address_of(object, "request"), .length = number_of(object, "length"),
		.new_length = number_of(object, "new_length"), .addr = address_of(object, "addr"),
		.old = address_of(object, "old"), .start = address_of(object, "start"),
		.prot = prot_parse(text_of(object, "prot") ?: ""),
		.reason = reason ? intern(reason) : NULL, .what.file = file ? intern(file) : NULL,
		.by = text_of(object, "by"), .caller = text_of(object, "caller"),
		.limit = number_of(object, "limit"), .needed = number_of(object, "needed"),
	};

	if (id < 0 || error < 0 || (flags && !flags_parse(&call, flags)))
		return false;
	timeline_call(timeline, &call);
	return true;
}

static bool play_mapping(struct timeline *timeline, struct json_object *object)
{
	const int kind = word_of(kind_names, KINDS, text_of(object, "kind"));
	const char *file = text_of(object, "file");
	const struct what what = {
		(enum kind)kind, json_object_get_boolean(member(object, "guess")), file ? intern(file) : NULL,
		json_object_get_boolean(member(object, "reserved")),
	};

	if (kind < 0)
		return false;
	timeline_mapping(timeline, number_of(object, "pid"), address_of(object, "start"),
			 address_of(object, "end"), what);
	return true;
}

static bool play_start(struct timeline *timeline, struct json_object *object)
{
	timeline_start(timeline, number_of(object, "pid"), number_of(object, "parent"), text_of(object, "name"));
	return true;
}

static bool play_exec(struct timeline *timeline, struct json_object *object)
{
	timeline_exec(timeline, number_of(object, "pid"), text_of(object, "name"));
	return true;
}

static bool play_loading(struct timeline *timeline, struct json_object *object)
{
	timeline_loading(timeline, number_of(object, "pid"));
	return true;
}

static bool play_end(struct timeline *timeline, struct json_object *object)
{
	timeline_end(timeline, number_of(object, "pid"), number_of(object, "time_ns"));
	return true;
}

static bool play_lost(struct timeline *timeline, struct json_object *object)
{
	timeline_lost(timeline, number_of(object, "count"), json_object_get_boolean(member(object, "known")));
	return true;
}

static bool play_forget(struct timeline *timeline, struct json_object *object)
{
	timeline_forget(timeline, number_of(object, "pid"));
	return true;
}

static bool play_known(struct timeline *timeline, struct json_object *object)
{
	timeline_known(timeline, number_of(object, "pid"), number_of(object, "lost"));
	return true;
}

static const struct {
	const char *type;
	bool (*play)(struct timeline *timeline, struct json_object *object);
} lines[] = {
	{ "call", play_call }, { "mapping", play_mapping }, { "start", play_start }, { "exec", play_exec },
	{ "loading", play_loading }, { "end", play_end }, { "lost", play_lost },
	{ "forget", play_forget }, { "known", play_known },
};

/*
 * Summaries are made anew from what they sum up. A line of another type is a newer version's, but one
 * with a schema is brkwatch-cli's.
 */
static bool play_line(struct timeline *timeline, const char *line)
{
	struct json_object *object = json_tokener_parse(line);
	const char *type = json_object_is_type(object, json_type_object) ? text_of(object, "type") : NULL;
	bool ok = type && !member(object, "schema");

	for (size_t i = 0; ok && i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strcmp(lines[i].type, type))
			ok = lines[i].play(timeline, object);
	json_object_put(object);
	return ok;
}

bool input_play(struct timeline *timeline, FILE *file, const char *name)
{
	unsigned long number = 0;
	char *line = NULL;
	size_t room = 0;
	bool ok = true;

	while (ok && getline(&line, &room, file) > 0) {
		number++;
		ok = play_line(timeline, line);
	}
	free(line);
	if (ok && ferror(file)) {
		warn_user("cannot read %s: %s", name, strerror(errno));
		ok = false;
	} else if (!ok || !number) {
		warn_user("%s: line %lu is not from brkwatch-malloc --json; make a recording with "
			  "brkwatch-malloc --json -o FILE PID", name, number ?: 1);
		ok = false;
	}
	timeline_finish(timeline);
	return ok;
}
