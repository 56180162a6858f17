// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "cli/session.h"
#include "explain/beside.h"
#include "explain/event.h"

static void put_notes(void *owner, struct outbuf *out, const struct brkwatch_process *process)
{
	struct notes notes;

	notes_read(&notes, owner, &process->snap);
	notes_explain(&notes, out);
}

bool session_begin(void *owner)
{
	struct session *session = owner;
	const struct options *opts = session->opts;

	/* A command uses stdout itself, so our output goes to stderr, as strace's does. */
	if (!output_open(session->out, opts->output, opts->command ? STDERR_FILENO : STDOUT_FILENO))
		return false;
	session->style.color = color_wanted(opts->color, session->out->fd);
	session->how = (struct explain_how){ .bw = session->bw, .bytes = session->style.bytes };
	session->printer = (struct printer){
		.out = session->out, .format = opts->format, .style = session->style,
		.filter = &opts->filter, .max_events = opts->max_events,
		.below = opts->explain ? explain_event : NULL, .owner = &session->how,
		.begins = opts->explain && !opts->selection.all ? put_notes : NULL,
	};
	printer_init(&session->printer);
	return true;
}

enum exit_status session_finish(struct session *session, enum exit_status status)
{
	const struct printer *pr = &session->printer;

	printer_finish(&session->printer);
	if (pr->until_met)
		return STATUS_UNTIL;
	if (!(session->opts->command ? pr->unseen : pr->unseen_missed) ||
	    status == failure(session->opts->command))
		return status;
	warn_user("--until: not all events were seen, so the condition may have been true");
	return STATUS_UNSEEN;
}
