// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "recording/player.h"

int player_problem(struct player *player, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(player->problem, sizeof(player->problem), fmt, ap);
	va_end(ap);
	return -EPROTO;
}

struct recorded *player_process(struct player *player, uint64_t pid)
{
	const size_t n = player->table.n;
	struct recorded *recorded = pid_get(&player->table, pid, sizeof(*recorded));

	if (player->table.n > n) {
		recorded->process.snap.pid = pid;
		*player->last = recorded;
		player->last = &recorded->next;
	}
	return recorded;
}

void player_space(struct player *player, struct recorded *recorded,
		  const struct brkwatch_process *process)
{
	struct brkwatch_process *to = &recorded->process;
	const bool again = recorded->open;

	if (again)
		totals_add(&to->totals, &to->snap);
	to->snap = process->snap;
	recorded->open = true;
	recorded->ended = false;
	if (again)
		tell(&player->listener, exec, to);
	else
		tell(&player->listener, start, to);
}

void player_done(struct player *player, struct recorded *recorded,
		 const struct brkwatch_totals *totals, bool ended)
{
	struct brkwatch_process *process = &recorded->process;

	if (!recorded->open)
		return;
	if (totals)
		process->totals = *totals;
	else
		totals_add(&process->totals, &process->snap);
	recorded->open = false;
	player->enough |= tell_done(&player->listener, process, ended);
	process->totals = (struct brkwatch_totals){ 0 };
}

static int tell_of_event(struct player *player, struct recorded *recorded)
{
	struct brkwatch_snapshot *snap = &recorded->process.snap;
	struct brkwatch_event *event = &player->event;
	uint64_t seq = event_unsigned(event, BRKWATCH_SEQ);
	int rc = -EPROTO;

	/* The header counts what had happened when it was read. */
	if (seq > snap->events) {
		snapshot_count(snap, event);
		snap->events = seq;
	}
	recorded->ended = event_is(event, BRKWATCH_END);
	if (!event->malformed)
		rc = tell_event(&player->listener, &recorded->process, event);
	player->enough |= rc > 0;
	return rc < 0 ? rc : 0;
}

int player_event(struct player *player, uint64_t pid, uint64_t space, uint64_t start)
{
	const struct brkwatch_process unknown = { .snap = {
		.pid = pid, .space = space, .name = "?",
		.data_limit = BRKWATCH_NONE, .next_mapping = BRKWATCH_NONE,
	} };
	struct recorded *recorded = player_process(player, pid);
	struct brkwatch_snapshot *snap = &recorded->process.snap;

	/* CSV has no line that says where a space begins, and JSON may have been recorded without. */
	if (!recorded->open || snap->space != space)
		player_space(player, recorded, &unknown);
	if (start)
		snap->start = start;
	else
		snapshot_follow_start(snap, &player->event);
	return tell_of_event(player, recorded);
}

void player_missed(struct player *player, struct recorded *recorded, const struct brkwatch_row *row)
{
	struct brkwatch_process *process = &recorded->process;

	recorded->open |= !!row;
	if (row)
		totals_add_row(&process->totals, row);
	else
		process->totals.missed++;
	tell(&player->listener, missed, process, row);
}

/* As many lines as the state has events. */
static int tell_of_state(struct player *player, struct recorded *recorded)
{
	struct brkwatch_process *process = &recorded->process;
	int rc = 0;

	player->states->current = &process->snap;
	if (process->snap.dropped)
		tell(&player->listener, lost, process, process->snap.dropped, true);
	while (!rc && !player->enough && (rc = reader_next_event(player->states, &player->event)) > 0)
		rc = tell_of_event(player, recorded);
	player_done(player, recorded, NULL, process->snap.exited);
	return rc;
}

int player_state(struct player *player, struct brkwatch_process *process)
{
	struct recorded *recorded = player_process(player, process->snap.pid);
	int rc;

	player->any = true;
	if (player->state) {
		rc = player->state(player->listener.owner, process, player->states);
	} else {
		player_space(player, recorded, process);
		rc = tell_of_state(player, recorded);
	}
	if (rc == -EPROTO)
		player_problem(player, "%s", brkwatch_problem(player->states));
	return rc;
}

void player_finish(struct player *player)
{
	for (struct recorded *recorded = player->first; recorded; recorded = recorded->next)
		player_done(player, recorded, NULL, recorded->ended);
}
