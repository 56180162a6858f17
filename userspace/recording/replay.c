// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/by-pid.h"
#include "common/complain.h"
#include "recording/line.h"
#include "recording/replay.h"

/* A process of the recording. */
struct source {
	struct pid_entry entry;
	struct source *next;	/* in the order in which they came */
	struct brkwatch_process process;
	bool open;		/* its snapshot is not in its sums yet */
	bool ended;
};

struct player {
	const struct replay *replay;
	struct recording_file file;
	struct line_reader *lines;
	struct brkwatch_reader *states;
	struct pid_table *sources;
	struct source *first, **last;
	const char *problem;
	bool any;		/* line of a recording */
	bool enough;
};

static struct source *source_of(struct player *player, uint64_t pid)
{
	const size_t n = player->sources->n;
	struct source *source = pid_get(player->sources, pid, sizeof(*source));

	if (source && player->sources->n > n) {
		source->process.snap.pid = pid;
		*player->last = source;
		player->last = &source->next;
	}
	return source;
}

/* Another address space of a process, or its first. */
static void begin_space(struct player *player, struct source *source,
			const struct brkwatch_process *process)
{
	struct brkwatch_process *to = &source->process;
	const bool again = source->open;

	if (again)
		totals_add(&to->totals, &to->snap);
	else
		to->totals = (struct brkwatch_totals){ 0 };
	to->snap = process->snap;
	to->wall_known = process->wall_known;
	to->wall_offset_ns = process->wall_offset_ns;
	source->open = true;
	source->ended = false;
	if (again)
		tell(&player->replay->listener, exec, to);
	else
		tell(&player->replay->listener, start, to);
}

static void done(struct player *player, struct source *source, bool ended)
{
	if (!source->open)
		return;
	source->open = false;
	player->enough |= tell_done(&player->replay->listener, &source->process, ended);
}

static int take_event(struct player *player, struct source *source, struct brkwatch_event *event)
{
	struct brkwatch_snapshot *snap = &source->process.snap;
	uint64_t seq = event_unsigned(event, BRKWATCH_SEQ);
	int rc;

	/* The header counts what had happened when it was read. */
	if (seq > snap->events) {
		snapshot_count(snap, event);
		snap->events = seq;
	}
	source->ended = event_is(event, BRKWATCH_END);
	rc = event->malformed ? -EPROTO :
				tell_event(&player->replay->listener, &source->process, event);
	player->enough |= rc > 0;
	return rc < 0 ? rc : 0;
}

/* A state has its events in it: as many lines. */
static int take_state(struct player *player, const char *text, size_t len,
		      struct brkwatch_process *process)
{
	const struct replay *replay = player->replay;
	int rc = reader_take_text(player->states, text, len, &process->snap);
	struct brkwatch_event event;
	struct source *source;

	player->any = true;
	if (!rc) {
		source = source_of(player, process->snap.pid);
		if (!source)
			return -ENOMEM;
		if (replay->state) {
			rc = replay->state(replay->listener.owner, process, player->states);
		} else {
			begin_space(player, source, process);
			player->states->current = &source->process.snap;
			if (process->snap.dropped)
				tell(&replay->listener, lost, &source->process, process->snap.dropped, true);
			while (!rc && !player->enough &&
			       (rc = reader_next_event(player->states, &event)) > 0)
				rc = take_event(player, source, &event);
			totals_add(&source->process.totals, &source->process.snap);
			done(player, source, process->snap.exited);
		}
	}
	if (rc == -EPROTO)
		player->problem = brkwatch_problem(player->states);
	return rc;
}

static int take_line(struct player *player, struct line *line)
{
	struct source *source;

	if (line->type == LINE_STATE)
		return take_state(player, line->text, line->text_len, &line->process);
	source = source_of(player, line->process.snap.pid);
	if (!source)
		return -ENOMEM;
	switch (line->type) {
	case LINE_SPACE:
		begin_space(player, source, &line->process);
		break;
	case LINE_EVENT:
		/* CSV has no line that says where a space begins, but on each where the heap starts. */
		if (!source->open || source->process.snap.space != line->process.snap.space)
			begin_space(player, source, &line->process);
		if (line->process.snap.start)
			source->process.snap.start = line->process.snap.start;
		else
			snapshot_follow_start(&source->process.snap, &line->event);
		return take_event(player, source, &line->event);
	case LINE_LOST:
		/* Those of before may be in the header. */
		if (!line->before_open || !source->process.snap.dropped)
			source->process.snap.dropped += line->count;
		tell(&player->replay->listener, lost, &source->process, line->count, line->before_open);
		break;
	case LINE_MISSED:
		source->process.parent = line->process.parent;
		tell(&player->replay->listener, missed, &source->process);
		break;
	case LINE_SUMMARY:
		/* What was counted where it was recorded is more than what can be counted here. */
		source->process.totals = line->process.totals;
		done(player, source, line->ended);
		break;
	default:
		break;
	}
	return 0;
}

static int read_lines(struct player *player)
{
	struct line line = { .problem = "" };
	unsigned long number = 0;
	char *text = NULL;
	size_t room = 0;
	int rc = 0;

	while (!rc && !player->enough && getline(&text, &room, player->file.stream) > 0) {
		/* The rest of it was not waited for. */
		if (player->file.stopped && !strchr(text, '\n'))
			break;
		number++;
		rc = line_read(player->lines, text, &line);
		player->problem = *line.problem ? line.problem : "an event that is not understood";
		player->any |= line.type != LINE_OTHER;
		if (!rc && line.type > LINE_HEAD)
			rc = take_line(player, &line);
	}
	if (!rc && ferror(player->file.stream))
		rc = -errno;
	free(text);
	if (rc == -EPROTO)
		warn_user("%s: line %lu: %s", player->replay->name, number, player->problem);
	player->problem = NULL;
	for (struct source *source = player->first; source; source = source->next) {
		if (source->open)
			totals_add(&source->process.totals, &source->process.snap);
		done(player, source, source->ended);
	}
	return rc;
}

/* A copy of a file of the module's. */
static int read_copy(struct player *player)
{
	struct brkwatch_process process = { 0 };
	char *text = NULL;
	size_t room = 0;
	ssize_t len = getdelim(&text, &room, '\0', player->file.stream);
	int rc = len < 0 ? -(errno ?: EPROTO) : take_state(player, text, (size_t)len, &process);

	free(text);
	if (rc == -EPROTO)
		warn_user("%s: %s", player->replay->name, player->problem);
	return rc;
}

static void forget(void *owner, void *entry)
{
	pid_drop(owner, entry);
}

static int play(struct player *player)
{
	const struct replay *replay = player->replay;
	int rc = -ENOMEM, first;

	if (player->lines && player->states && player->sources) {
		first = getc(player->file.stream);
		rc = ferror(player->file.stream) ? -errno : 0;
		ungetc(first, player->file.stream);
		if (!rc && !replay->begin(replay->listener.owner, first != 'F'))
			return -EPROTO;
		if (!rc)
			rc = first == 'F' ? read_copy(player) : read_lines(player);
	}
	if (!rc && !player->any && !player->file.stopped) {
		warn_user("%s: nothing in it that brkwatch-cli has recorded", replay->name);
		rc = -EPROTO;
	}
	if (rc && rc != -EPROTO && rc != replay->out->error)
		warn_user("%s: %s", replay->name, strerror(-rc));
	return rc;
}

enum exit_status replay(const struct replay *replay)
{
	struct player player = { .replay = replay };
	int rc;

	if (!recording_open(&player.file, replay->name, replay->output, replay->out))
		return STATUS_FAILED;
	recording_watch(&player.file);
	player.lines = line_reader_new();
	player.states = brkwatch_reader_new();
	player.sources = calloc(1, sizeof(*player.sources));
	player.last = &player.first;
	rc = play(&player);
	if (player.sources)
		pid_visit(player.sources, forget, player.sources);
	free(player.sources);
	line_reader_free(player.lines);
	brkwatch_reader_free(player.states);
	recording_close(&player.file);
	return rc ? STATUS_FAILED : STATUS_OK;
}
