// SPDX-License-Identifier: GPL-2.0
#include "cli/session.h"
#include "recording/replay.h"

static bool begin(void *owner, bool several)
{
	struct session *session = owner;

	session->style.source = session->opts->input;
	session->style.several = several;
	return session_begin(session);
}

static void clock_set(void *owner, const struct wall_offset *offset)
{
	const struct session *session = owner;
	const struct event_format *format = session->opts->format;

	if (format->clock)
		format->clock(session->out, &session->style, offset);
}

enum exit_status show_input(struct session *session)
{
	const struct replay what = {
		.name = session->opts->input, .output = session->opts->output, .out = session->out,
		.listener = { printer_sink, session }, .begin = begin,
		.state = session->opts->follow ? NULL : show_state,
		.wall = &session->wall, .clock = clock_set,
	};

	return session_finish(session, replay(&what));
}
