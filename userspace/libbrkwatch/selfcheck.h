/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SELFCHECK_H
#define BRKWATCH_SELFCHECK_H

#include "cli/cli.h"

/* Make a brk call. False, after a complaint, where the module's probes do not notice it. */
bool selfcheck_probes(const struct options *opts);

#endif
