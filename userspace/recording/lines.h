/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "events/columns.h"
#include "recording/player.h"

/* The columns of CSV. Must be zeroed at first. */
struct csv {
	enum column_id ids[64];	/* COLUMNS for an unknown one */
	size_t n;
};

/* Play a line that --csv or --json has written; they may change the text, and return as player_event(). */
int csv_play(struct csv *csv, struct player *player, char *line);
int json_play(struct player *player, const char *line);
