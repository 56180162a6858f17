// SPDX-License-Identifier: GPL-2.0
#include "common/json.h"
#include "heap/print.h"

static void add_sums(struct json_object *obj, const struct sums *sums)
{
	json_add_number(obj, "in_use_bytes", sums->used.bytes);
	json_add_number(obj, "in_use_chunks", sums->used.chunks);
	json_add_number(obj, "free_bytes", sums->free.bytes);
	json_add_number(obj, "free_chunks", sums->free.chunks);
	json_add_number(obj, "top_bytes", sums->top.bytes);
}

static struct json_object *pinned_by(const struct chunk *chunk)
{
	struct json_object *obj;

	if (!chunk->size)
		return NULL;
	obj = json_object_new_object();
	json_add_address(obj, "addr", chunk->address);
	json_add_number(obj, "bytes", chunk->size);
	return obj;
}

static struct json_object *arenas(const struct reading *reading)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < reading->n_arenas; i++) {
		const struct arena *arena = &reading->arenas[i];
		struct json_object *obj = json_object_new_object();

		json_add_address(obj, "addr", arena->address);
		json_object_object_add(obj, "sound", json_object_new_boolean(arena->sound));
		json_add_number(obj, "heaps", arena->n_heaps);
		json_add_number(obj, "bytes", arena->bytes);
		add_sums(obj, &arena->sums);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *notes(const struct allocator *allocator)
{
	struct json_object *list = json_object_new_array();
	char text[256];

	if (allocator_explain(allocator, text, sizeof(text)))
		json_object_array_add(list, json_object_new_string(text));
	if (allocator_tags(allocator, text, sizeof(text)))
		json_object_array_add(list, json_object_new_string(text));
	return list;
}

void print_json(struct outbuf *out, const struct reading *reading)
{
	const struct sums *sums = &reading->account.sums;
	struct json_object *obj = json_object_new_object();

	json_add_number(obj, "pid", (uint64_t)reading->space->pid);
	json_add_address(obj, "start_brk", reading->start_brk);
	json_add_address(obj, "brk", reading->brk);
	json_object_object_add(obj, "sound", json_object_new_boolean(reading->result == WALK_SOUND));
	add_sums(obj, sums);
	json_add_number(obj, "tcache_bytes", reading->tcache.bytes);
	json_add_number(obj, "tcache_chunks", reading->tcache.chunks);
	json_add_number(obj, "trimmable_bytes", sums->trimmable);
	json_add_number(obj, "pinned_bytes", sums->pinned);
	json_object_object_add(obj, "pinned_by", pinned_by(&sums->last_used));
	json_object_object_add(obj, "arenas", arenas(reading));
	json_add_number(obj, "foreign_bytes", reading->foreign);
	json_object_object_add(obj, "notes", notes(&reading->space->allocator));
	json_write(out, obj);
}
