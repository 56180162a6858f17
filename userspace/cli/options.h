/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/choose-processes.h"
#include "common/program.h"
#include "events/filter.h"
#include "events/style.h"

/* The options of brkwatch-cli. */
struct options {
	struct selection selection;
	const char *input;	/* a recording to read instead, or NULL */
	const char *output;	/* a file, or NULL */
	bool follow;
	bool forks;
	char *const *command;	/* to run and follow, or NULL */
	struct filter filter;
	uint64_t max_events;	/* 0: no end */
	uint64_t duration_ms;	/* 0: no end */
	bool explain;
	enum color color;
	const struct event_format *format;
	struct event_style style;
};

/* An error ends the program. */
struct options *options_parse(int argc, char **argv);
