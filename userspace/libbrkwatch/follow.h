/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_FOLLOW_H
#define BRKWATCH_FOLLOW_H

#include "cli/cli.h"
#include "common/command.h"
#include "common/output.h"

/*
 * Print events until all processes have ended, or it is enough. @launch, or NULL: a command of
 * which @pids has the number; it is let run when it is watched.
 */
enum exit_status follow_processes(struct outbuf *out, const struct options *opts,
				  const pid_t *pids, size_t n, struct launch *launch);

#endif
