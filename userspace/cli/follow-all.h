/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_EVERYONE_H
#define BRKWATCH_EVERYONE_H

#include "cli/cli.h"
#include "common/output.h"
#include "common/choose-processes.h"

/*
 * Print the events of all processes, from now on, until it is enough: by the module's
 * tracepoints, for which one buffer serves all. @sel: by what name, if it is to have one.
 */
enum exit_status follow_everyone(struct outbuf *out, const struct options *opts,
				 const struct selection *sel);

#endif
