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
 * The file is there if this is @whole and could be written. From it brkwatch-plot draws a picture, if
 * that is not NULL. False: after a complaint.
 */
bool perfetto_close(struct perfetto *perfetto, bool whole, const char *picture);

/* Whether there can be that picture. False: after a complaint. */
bool picture_possible(const char *picture);

void perfetto_name(struct perfetto *perfetto, uint64_t pid, const char *name);
void perfetto_call(struct perfetto *perfetto, const struct call *call);

/* @space NULL: the process holds nothing any more. */
void perfetto_counters(struct perfetto *perfetto, struct counters *counters, uint64_t pid, uint64_t ns,
		       const struct space *space);
