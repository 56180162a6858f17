/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_METRICS_H
#define BRKWATCH_METRICS_H

#include "cli/cli.h"
#include "common/output.h"

/*
 * --metrics and --metrics-file: metrics of all processes, once or again and again. @out is for
 * what has no file.
 */
enum exit_status metrics_run(struct outbuf *out, struct options *opts);

#endif
