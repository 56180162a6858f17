// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "common/format-number.h"
#include "common/json.h"
#include "common/utf8.h"

struct json_object *json_line(const char *type)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "type", json_object_new_string(type));
	return obj;
}

void json_add_number(struct json_object *obj, const char *name, uint64_t value)
{
	json_object_object_add(obj, name, json_object_new_uint64(value));
}

void json_add_known(struct json_object *obj, const char *name, bool known, uint64_t value)
{
	json_object_object_add(obj, name, known ? json_object_new_uint64(value) : NULL);
}

void json_add_address(struct json_object *obj, const char *name, uint64_t address)
{
	char text[TEXT_NUMBER_MAX];

	*put_hex16(text, address) = '\0';
	json_object_object_add(obj, name, json_object_new_string(text));
}

void json_add_name(struct json_object *obj, const char *name, const char *value, bool escaped)
{
	/* Names of files that are mapped can be longer than PATH_MAX. */
	const size_t len = strlen(value);
	char *plain = needed(malloc(len + 1)), *text = needed(malloc(len * strlen(UTF8_REPLACEMENT) + 1));
	const char *end;

	if (escaped)
		name_unescape(plain, value);
	end = utf8_copy(text, escaped ? plain : value, UTF8_REPLACEMENT, NULL);
	json_object_object_add(obj, name, json_object_new_string_len(text, (int)(end - text)));
	free(plain);
	free(text);
}

static const char *text_of(struct json_object *obj)
{
	return json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
						   JSON_C_TO_STRING_NOSLASHESCAPE);
}

void json_write(struct outbuf *out, struct json_object *obj)
{
	outbuf_puts(out, text_of(obj));
	outbuf_puts(out, "\n");
	json_object_put(obj);
}

void json_write_with(struct outbuf *out, struct json_object *obj, const char *name,
		     const char *elements)
{
	const char *text = text_of(obj);

	/* Without its brace. */
	outbuf_write(out, text, strlen(text) - 1);
	outbuf_printf(out, ",\"%s\":[%s]}\n", name, elements);
	json_object_put(obj);
}
