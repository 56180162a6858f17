/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_CLI_H
#define BRKWATCH_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "events/columns.h"
#include "events/filter.h"

enum exit_status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_UNTIL,			/* what --until waits for has happened */
	/* With a command these three, its own, or 128 and the signal's number. */
	STATUS_COMMAND_FAILED = 125,	/* brkwatch-cli has */
	STATUS_COMMAND_UNUSABLE,
	STATUS_COMMAND_ABSENT,
};

/* What the TIME column says: as strace's -t, -tt, -ttt, and -r. */
enum time_stamp {
	TIME_MONOTONIC,
	TIME_OF_DAY,
	TIME_OF_DAY_USEC,
	TIME_EPOCH,
	TIME_RELATIVE,
};

struct options {
	const char *proc_dir;
	bool recorded;		/* proc_dir or input holds saved files, not a live /proc */
	const char *input;	/* a recording to read instead, or NULL */

	bool follow;
	bool forks;
	bool several;		/* more than one process may be shown */
	char *const *command;	/* to run and follow, or NULL */

	struct filter filter;
	uint64_t max_events;	/* 0: no end */
	uint64_t duration_ms;	/* 0: no end */

	bool top;
	uint64_t interval_ms;	/* of top */
	uint64_t count;		/* how often; 0: no end */

	bool metrics;
	bool openmetrics;	/* in that format */
	const char *metrics_file;	/* or NULL: standard output */
	uint64_t metrics_interval_ms;	/* 0: once */
	uint64_t groups;		/* how many are shown; 0: not said */

	bool json;
	bool csv;
	const char *plot;	/* file for a picture, or NULL */
	bool stacks;		/* show who made the heap grow */
	bool folded;
	const char *flamegraph;	/* file, or NULL */
	bool explain;
	bool color;
	bool color_auto;	/* only where the output is a terminal */
	bool bytes;
	bool quiet;
	bool took;
	struct column_list columns;	/* that were asked for */
	bool summary;		/* a table at the end */
	bool summary_only;
	enum time_stamp stamp;
	bool wall_known;
	int64_t wall_offset_ns;	/* from CLOCK_MONOTONIC to CLOCK_REALTIME */
};

/* One line on stderr, after the program's name. */
void warn_user(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
