// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/program.h"
#include "common/signals.h"
#include "recording/lines.h"
#include "recording/replay.h"

/* A recording, or a pipe that somebody may be writing one to yet. */
struct input {
	int fd, stop_fd;
	struct outbuf *out;
	bool stopped;		/* by a signal, or as nobody reads the output */
};

static ssize_t read_some(void *cookie, char *data, size_t size)
{
	struct input *input = cookie;
	struct pollfd fds[] = {
		{ .fd = input->fd, .events = POLLIN },
		{ .fd = input->stop_fd, .events = POLLIN },
	};

	if (!input->stopped && !poll(fds, 1, 0))
		input->stopped = outbuf_flush(input->out);
	while (!input->stopped && poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	input->stopped |= fds[1].revents;
	return input->stopped ? 0 : read(input->fd, data, size);
}

static int close_input(void *cookie)
{
	struct input *input = cookie;

	stop_close();
	return input->fd == STDIN_FILENO ? 0 : close(input->fd);
}

/* NULL: after a complaint. */
static FILE *open_input(const struct replay *replay, struct input *input)
{
	const cookie_io_functions_t functions = { .read = read_some, .close = close_input };
	FILE *stream;

	*input = (struct input){ .fd = STDIN_FILENO, .stop_fd = -1, .out = replay->out };
	if (strcmp(replay->name, "-") != 0)
		input->fd = open(replay->name, O_RDONLY | O_CLOEXEC);
	stream = input->fd < 0 ? NULL : fopencookie(input, "r", functions);
	if (!stream) {
		warn_user("cannot read %s: %s", replay->name, strerror(errno));
	} else if (!output_is_another(replay->output, input->fd)) {
		fclose(stream);
		stream = NULL;
	} else if (lseek(input->fd, 0, SEEK_CUR) < 0) {
		input->stop_fd = stop_open(true);
	}
	return stream;
}

static int play_lines(struct player *player, const struct input *input, FILE *stream,
		      unsigned long *number)
{
	struct csv csv = { .n = 0 };
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	while (!rc && !player->enough && getline(&line, &room, stream) > 0) {
		/* The rest of it was not waited for. */
		if (input->stopped && !strchr(line, '\n'))
			break;
		++*number;
		line[strcspn(line, "\r\n")] = '\0';
		if (*line)
			rc = *line == '{' ? json_play(player, line) : csv_play(&csv, player, line);
	}
	if (!rc && ferror(stream))
		rc = -errno;
	free(line);
	player_finish(player);
	return rc;
}

/* A copy of a file of the module's. */
static int play_copy(struct player *player, FILE *stream)
{
	struct brkwatch_process process = { .parent = 0 };
	char *text = NULL;
	size_t room = 0;
	ssize_t len = getdelim(&text, &room, '\0', stream);
	int rc = len < 0 ? -(errno ?: EPROTO) :
			   reader_take_text(player->states, text, (size_t)len, &process.snap);

	free(text);
	if (rc == -EPROTO)
		return player_problem(player, "%s", brkwatch_problem(player->states));
	return rc ?: player_state(player, &process);
}

/* Returns 0, a negative errno that nobody has said yet, or 1. */
static int play(const struct replay *replay, struct player *player, struct input *input, FILE *stream)
{
	const int first = getc(stream);
	unsigned long number = 0;
	char where[32] = "";
	int rc;

	if (ferror(stream))
		return -errno;
	ungetc(first, stream);
	if (replay->begin && !replay->begin(replay->listener.owner, first != 'F'))
		return 1;
	rc = first == 'F' ? play_copy(player, stream) : play_lines(player, input, stream, &number);
	if (rc == -EPROTO) {
		if (number)
			snprintf(where, sizeof(where), "line %lu: ", number);
		warn_user("%s: %s%s", replay->name, where,
			  *player->problem ? player->problem : "damaged event");
		return 1;
	}
	if (!rc && !player->any && !input->stopped) {
		warn_user("%s: is not a recording; make one with brkwatch-cli --follow --json -o FILE", replay->name);
		return 1;
	}
	return rc && rc == replay->out->error ? 1 : rc;
}

static void forget(void *owner, void *entry)
{
	pid_drop(owner, entry);
}

enum exit_status replay(const struct replay *replay)
{
	struct player player = {
		.listener = replay->listener, .state = replay->state, .wall = replay->wall,
		.clock = replay->clock, .last = &player.first,
	};
	enum exit_status status = STATUS_FAILED;
	struct input input;
	FILE *stream = open_input(replay, &input);
	int rc;

	if (!stream)
		return STATUS_FAILED;
	player.states = needed(brkwatch_reader_new());
	rc = play(replay, &player, &input, stream);
	if (!rc)
		status = STATUS_OK;
	else if (rc < 0)
		warn_user("cannot read %s: %s", replay->name, strerror(-rc));
	pid_visit(&player.table, forget, &player.table);
	brkwatch_reader_free(player.states);
	fclose(stream);
	return status;
}
