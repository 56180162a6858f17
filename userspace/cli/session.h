/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "cli/options.h"
#include "events/printer.h"
#include "explain/proc-pid.h"

/* The data of one run of the program. */
struct session {
	struct printer printer;		/* first, as it is what the sink's functions get */
	const struct options *opts;
	struct outbuf *out;
	const struct brkwatch *bw;	/* NULL: a recording is shown */
	struct event_style style;
	struct wall wall;
	struct explain_how how;
	bool any;			/* a state was shown */
};

/* Open the output, and set up the printer. False: after a complaint. */
bool session_begin(void *session);

/* The exit status at the end, after the printer has finished. */
enum exit_status session_finish(struct session *session, enum exit_status status);

/* Print what is known of a process; on failure complain and print nothing. */
enum exit_status show_process(struct session *session, pid_t pid);

/*
 * Print a state that is being read. Returns 0 or, with nothing printed unless it is more than the
 * output's buffer has room for, a negative errno: -EPROTO where an event makes no sense.
 */
int show_state(void *session, struct brkwatch_process *process, struct brkwatch_reader *reader);

/* Show the file of --input. */
enum exit_status show_input(struct session *session);
