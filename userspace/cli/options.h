/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_OPTIONS_H
#define BRKWATCH_OPTIONS_H

#include "cli/cli.h"
#include "common/output.h"
#include "common/choose-processes.h"

enum options_outcome {
	OPTIONS_OK,
	OPTIONS_WRONG,		/* it has been said what is */
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

/* @output: the name of a file for the output, or NULL. */
enum options_outcome options_parse(int argc, char **argv, struct options *opts,
				   struct selection *sel, const char **output);

void options_help(struct outbuf *out);

#endif
