/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/complain.h"
#include "common/output.h"
#include "common/wall-clock.h"
#include "libbrkwatch/sink.h"

/* A source: the output of --json or --csv, or a copy of the file of a process. */
struct replay {
	const char *name;	/* of the file; "-" is stdin */
	const char *output;	/* a file that must be another one, as it will be written; or NULL */
	struct outbuf *out;	/* is not kept back while there is nothing to read */
	struct listener listener;
	/*
	 * NULL, or called when the file is open; @several: it may contain several processes. False,
	 * after a complaint: stop.
	 */
	bool (*begin)(void *owner, bool several);
	/*
	 * If this is not NULL, states are not turned into events but passed as they are, with the
	 * reader at their first event. Returns 0 or a negative errno, as the sink does.
	 */
	int (*state)(void *owner, struct brkwatch_process *process, struct brkwatch_reader *reader);
	/* The time of day, as far as it is known; and called when the clock was set. Or NULL. */
	struct wall *wall;
	void (*clock)(void *owner, const struct wall_offset *offset);
};

/* Play the file. Returns STATUS_OK or, after a complaint or an error of @out, STATUS_FAILED. */
enum exit_status replay(const struct replay *replay);
