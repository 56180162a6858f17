/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_INPUT_H
#define BRKWATCH_INPUT_H

#include "cli.h"
#include "outbuf.h"

/*
 * Show what opts->input has: what --json or --csv has written, or a copy of the file of a
 * process; "-" is stdin.
 */
enum exit_status input_show(struct outbuf *out, const struct options *opts);

#endif
