// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/follow-all.h"
#include "cli/session.h"
#include "common/signals.h"

static void lost_some(void *owner, uint64_t count, bool others)
{
	const struct session *session = owner;
	const struct brkwatch_process nobody = { .parent = 0 };

	if (session->opts->format == &json_lines)
		json_lines.lost(session->out, &session->style, &nobody, count, false);
	else
		warn_user("%" PRIu64 " %sevents of unknown processes were lost", count,
			  others ? "other " : "");
}

enum exit_status follow_everybody(struct session *session)
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
		warn_user("cannot follow all processes: %s", strerror(-rc));
	stop_close();
	return session_finish(session, rc < 0 ? STATUS_FAILED : STATUS_OK);
}
