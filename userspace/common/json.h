/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/output.h"

/* It rises when the meaning of a member changes, not when members are added. */
#define JSON_SCHEMA 1

/* { "type": TYPE } */
struct json_object *json_line(const char *type);

void json_add_number(struct json_object *obj, const char *name, uint64_t value);
/* null if it is unknown */
void json_add_known(struct json_object *obj, const char *name, bool known, uint64_t value);
void json_add_address(struct json_object *obj, const char *name, uint64_t address);

/* A name may contain any bytes, but JSON is UTF-8. @escaped: as in the module's files. */
void json_add_name(struct json_object *obj, const char *name, const char *value, bool escaped);

/* Write the object as a line, and free it. */
void json_write(struct outbuf *out, struct json_object *obj);

/* The same with one more member, an array of these elements. */
void json_write_with(struct outbuf *out, struct json_object *obj, const char *name,
		     const char *elements);
