/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_STATE_H
#define BRKWATCH_STATE_H

#include "cli/cli.h"
#include "common/output.h"

/* Print what is known of @pid; on failure complain and print nothing. */
enum exit_status state_show(struct outbuf *out, const struct options *opts, pid_t pid);

#endif
