// SPDX-License-Identifier: GPL-2.0
#include "common/json.h"
#include "stacks/json-stack.h"

static struct json_object *frames_of(const struct paths *paths, uint32_t node)
{
	struct json_object *frames = json_object_new_array(), *obj;

	for (; node && paths->nodes[node].parent; node = paths->nodes[node].parent) {
		const struct path_frame *frame = paths->frames[paths->nodes[node].frame];

		obj = json_object_new_object();
		json_add_name(obj, "function", frame->function, false);
		if (*frame->location)
			json_add_name(obj, "location", frame->location, false);
		json_object_array_add(frames, obj);
	}
	return frames;
}

void json_put_stack(struct outbuf *out, const struct brkwatch_snapshot *snap, struct brkwatch_event *ev,
		    const struct paths *paths, uint32_t node)
{
	struct json_object *obj = json_line("stack");

	json_add_number(obj, "pid", snap->pid);
	json_add_number(obj, "space", snap->space);
	json_add_number(obj, "seq", event_unsigned(ev, BRKWATCH_SEQ));
	json_add_number(obj, "time_ns", event_unsigned(ev, BRKWATCH_TIME_NS));
	json_object_object_add(obj, "frames", frames_of(paths, node));
	json_write(out, obj);
}
