/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/choose-processes.h"
#include "common/program.h"

/* The options of brkwatch-top. */
struct top_options {
	const struct brkwatch *bw;
	struct selection selection;	/* its numbers are in order */
	const char *output;
	uint64_t interval_ms;
	uint64_t count;			/* how often; 0: no end */
	bool json;
	bool bytes;			/* sizes as plain numbers */
	bool quiet;
	enum color color;
};
