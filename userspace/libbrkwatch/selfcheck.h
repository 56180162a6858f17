/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SELFCHECK_H
#define BRKWATCH_SELFCHECK_H

#include "cli/cli.h"

/* Make a brk call and warn on stderr where the module's probes do not notice it. */
void selfcheck_probes(const struct options *opts);

#endif
