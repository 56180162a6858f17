/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_INPUT_H
#define BRKWATCH_INPUT_H

#include <stdio.h>

#include "cli/cli.h"
#include "common/output.h"

/* opts->input, "-" being stdin. NULL after a complaint. */
FILE *input_open(const struct options *opts);

/*
 * Show what the file has: what --json or --csv has written, or a copy of the file of a process;
 * and close it.
 */
enum exit_status input_show(struct outbuf *out, const struct options *opts, FILE *file);

#endif
