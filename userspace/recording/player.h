/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/by-pid.h"
#include "common/wall-clock.h"
#include "libbrkwatch/sink.h"

/* A process of a recording. */
struct recorded {
	struct pid_entry entry;
	struct recorded *next;	/* in the order in which they came */
	struct brkwatch_process process;
	bool open;		/* its snapshot is not in its sums yet */
	bool ended;
};

/* Passes the lines of a recording to a sink. */
struct player {
	struct listener listener;
	int (*state)(void *owner, struct brkwatch_process *process, struct brkwatch_reader *reader);
	struct wall *wall;
	void (*clock)(void *owner, const struct wall_offset *offset);
	struct brkwatch_reader *states;
	struct pid_table table;
	struct recorded *first, **last;
	bool any;		/* line of a recording */
	bool enough;
	char problem[128];	/* after -EPROTO; "": an event is not understood */
	struct brkwatch_event event;	/* of the line that is being read */
	struct event_text fields;
};

struct recorded *player_process(struct player *player, uint64_t pid);

/* A process has another address space, or its first one. */
void player_space(struct player *player, struct recorded *recorded,
		  const struct brkwatch_process *process);

/*
 * The event that was read. @start is the start of the heap if the line contains it, or 0. Returns 0,
 * -EPROTO or the error of the sink.
 */
int player_event(struct player *player, uint64_t pid, uint64_t space, uint64_t start);

/* What the recorder has missed; @row, or NULL: what is known of that. */
void player_missed(struct player *player, struct recorded *recorded, const struct brkwatch_row *row);

/* A state; the reader of states is at its first event. */
int player_state(struct player *player, struct brkwatch_process *process);

/* @totals: as counted at the recording; NULL: as counted here. */
void player_done(struct player *player, struct recorded *recorded,
		 const struct brkwatch_totals *totals, bool ended);

/* The recording has ended. */
void player_finish(struct player *player);

/* Say what is wrong with a line. Returns -EPROTO. */
int player_problem(struct player *player, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
