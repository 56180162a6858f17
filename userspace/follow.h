/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_FOLLOW_H
#define BRKWATCH_FOLLOW_H

#include "cli.h"
#include "outbuf.h"

/* Print each event of @pid as it happens, until the process ends or SIGINT or SIGTERM comes. */
enum exit_status follow_process(struct outbuf *out, const struct options *opts, pid_t pid);

#endif
