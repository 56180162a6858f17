// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap/stacks-file.h"

static bool has(const struct json_object *object, const char *name, uint64_t value)
{
	struct json_object *member = json_object_object_get(object, name);

	return json_object_is_type(member, json_type_int) && json_object_get_uint64(member) == value;
}

static const char *text_of(const struct json_object *object, const char *name)
{
	struct json_object *member = json_object_object_get(object, name);

	return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "";
}

int stacks_find(const char *file, const struct origin *origin,
		void (*take)(void *owner, const char *function, const char *location), void *owner)
{
	FILE *lines = fopen(file, "re");
	struct json_object *frames = NULL, *object = NULL;
	char *line = NULL;
	size_t room = 0, n;
	int rc;

	if (!lines)
		return -errno;
	while (!frames && getline(&line, &room, lines) > 0) {
		if (!strstr(line, "\"stack\""))
			continue;
		json_object_put(object);
		object = json_tokener_parse(line);
		if (json_object_is_type(object, json_type_object) && !strcmp(text_of(object, "type"), "stack") &&
		    has(object, "space", origin->space) && has(object, "seq", origin->seq) &&
		    has(object, "time_ns", origin->time_ns))
			frames = json_object_object_get(object, "frames");
	}
	rc = ferror(lines) ? -EIO : 0;
	n = json_object_is_type(frames, json_type_array) ? json_object_array_length(frames) : 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *frame = json_object_array_get_idx(frames, i);

		if (json_object_is_type(frame, json_type_object))
			take(owner, text_of(frame, "function"), text_of(frame, "location"));
	}
	json_object_put(object);
	free(line);
	fclose(lines);
	return rc ?: (int)n;
}
