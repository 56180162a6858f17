// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/follow-all.h"
#include "cli/session.h"
#include "common/follow.h"
#include "common/signals.h"
#include "common/why-not.h"

static enum exit_status show_processes(struct session *session)
{
	const struct selection *sel = &session->opts->selection;
	enum exit_status status = STATUS_OK;

	for (size_t i = 0; i < sel->n; i++) {
		if (show_process(session, sel->pids[i]) != STATUS_OK)
			status = STATUS_FAILED;
		outbuf_flush(session->out);
	}
	return status;
}

static void lost_some(void *owner, uint64_t count, bool others)
{
	const struct session *session = owner;
	const struct brkwatch_process nobody = { .parent = 0 };

	if (session->opts->format == &json_lines)
		json_lines.lost(session->out, &session->style, &nobody, count, false);
	else
		warn_user("%" PRIu64 " %sevents of unknown processes were lost because the kernel's buffer was full; "
			  "use --event or --min-delta to record fewer", count, others ? "other " : "");
}

static enum exit_status follow_everybody(struct session *session)
{
	const struct options *opts = session->opts;
	const struct follow_all what = {
		.bw = session->bw, .selection = &opts->selection, .filter = &opts->filter,
		.whole = opts->style.summary,
		.end_ms = opts->duration_ms ? clock_ms() + opts->duration_ms : 0,
		.out = session->out, .listener = { printer_sink, session }, .lost = lost_some,
	};
	int rc;

	rc = stop_open(true);
	rc = rc < 0 ? rc : follow_all(&what);
	if (rc < 0 && rc != session->out->error && rc != -ECANCELED)
		complain_of_following("all processes", rc);
	stop_close();
	return session_finish(session, rc < 0 ? STATUS_FAILED : STATUS_OK);
}

static enum exit_status run_live(struct session *session, struct selection *sel)
{
	const struct options *opts = session->opts;
	struct following following = {
		.bw = session->bw, .out = session->out, .listener = { printer_sink, session },
		.children = opts->forks, .duration_ms = opts->duration_ms,
	};

	if (opts->command)
		return session_finish(session, follow_command(&following, opts->command, session_begin));
	/* Saved files do not change, and an event does not contain the user of its process. */
	if (sel->all && opts->follow && brkwatch_is_live(session->bw) && !sel->by_uid) {
		session->style.several = true;
		return session_begin(session) ? follow_everybody(session) : STATUS_FAILED;
	}
	if (!select_search(sel, session->bw))
		return STATUS_FAILED;
	session->style.several |= sel->n > 1;
	if (!session_begin(session))
		return STATUS_FAILED;
	if (!opts->follow)
		return show_processes(session);
	return session_finish(session, follow_pids(&following, sel->pids, sel->n));
}

static enum exit_status run(struct session *session, struct selection *sel)
{
	const struct options *opts = session->opts;
	struct event_style *style = &session->style;
	struct brkwatch *bw;
	enum exit_status status;

	style->wall = &session->wall;
	if (opts->input)
		return show_input(session);
	session->bw = bw = open_directory();
	if (!bw)
		return failure(opts->command);
	style->source = brkwatch_directory(bw);
	style->several = opts->forks;
	session->wall.bw = bw;
	status = run_live(session, sel);
	brkwatch_close(bw);
	return status;
}

int main(int argc, char **argv)
{
	static struct outbuf out = { .fd = STDOUT_FILENO };
	struct options *opts = options_parse(argc, argv);
	struct session session = { .opts = opts, .out = &out, .style = opts->style };
	enum exit_status status;

	status = run(&session, &opts->selection);
	status = output_finish(&out, status, failure(opts->command));
	select_free(&opts->selection);
	return (int)status;
}
