/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/json.h"
#include "events/columns.h"

/* Add this to time_ns to get the nanoseconds since 1970. */
#define JSON_WALL_OFFSET "realtime_offset_ns"
#define JSON_WALL_OFFSETS "realtime_offsets"

/* The header block of a process. */
struct json_object *json_header(const char *type, const struct event_style *style,
				const struct brkwatch_process *process);

/* Writes ,"seq":1,"time_ns":... at @p, at most COLUMN_TEXT_MAX for each column. */
char *json_put_columns(char *p, const struct event_view *view);
