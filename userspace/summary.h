/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SUMMARY_H
#define BRKWATCH_SUMMARY_H

#include "report.h"

/* The table of -c and -C: a line for each followed process. */
struct summary;

struct summary *summary_new(const struct options *opts);
void summary_add(struct summary *summary, pid_t pid, const char *name, const struct totals *sum);
void summary_print(struct summary *summary, struct outbuf *out);
void summary_free(struct summary *summary);

#endif
