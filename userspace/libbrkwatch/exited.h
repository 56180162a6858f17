/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_EXITED_H
#define BRKWATCH_EXITED_H

#include "events/printer.h"

/*
 * What /proc/brkwatch/exited has of a process: @sum and @name (of @size bytes). Returns false
 * where there is no such line (yet), or nobody may read it but who has CAP_SYS_PTRACE.
 */
bool exited_find(const struct options *opts, pid_t pid, struct totals *sum, char *name, size_t size);

#endif
