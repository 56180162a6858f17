/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "common/replace-file.h"
#include "malloc/space.h"

/*
 * Writes the JSON trace event format, which ui.perfetto.dev and chrome://tracing open: for each
 * process a counter of what each kind holds, for each thread a slice for each call, and an instant
 * for each refusal. There is one event on a line.
 */
struct perfetto {
	struct outbuf *out;	/* NULL: not wanted */
	struct newfile file;
	bool named;		/* it is to stay */
	bool any;		/* event */
};

/* What the counters of a process show. */
struct counters {
	bool shown;
	uint64_t held[KINDS];
};

/* Begin a file, or one without a name, if that is NULL. False: after a complaint. */
bool perfetto_open(struct perfetto *perfetto, const char *file);

/*
 * If this is @whole, the file gets its name, and brkwatch-plot draws a picture from it, if that is not
 * NULL. Otherwise older ones stay as they are. False: after a complaint, or if not whole.
 */
bool perfetto_close(struct perfetto *perfetto, bool whole, const char *picture);

/* Whether there can be that picture. False: after a complaint. */
bool picture_possible(const char *picture);

void perfetto_name(struct perfetto *perfetto, uint64_t pid, const char *name);
void perfetto_call(struct perfetto *perfetto, const struct call *call);

/* @space NULL: the process holds nothing any more. */
void perfetto_counters(struct perfetto *perfetto, struct counters *counters, uint64_t pid, uint64_t ns,
		       const struct space *space);
