/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_NO_MEMORY_H
#define BRKWATCH_NO_MEMORY_H

#include "explain/refusal.h"

/* Overcommit policy, the number of mappings, or no page left. */
void explain_no_memory(const struct refusal *r);

#endif
