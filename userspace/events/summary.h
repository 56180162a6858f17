/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_SUMMARY_H
#define BRKWATCH_SUMMARY_H

#include <stdint.h>

struct options;
struct outbuf;
struct totals;

/* The table of -c and -C: a line for each followed process. */
struct summary;

struct summary *summary_new(const struct options *opts);
void summary_add(struct summary *summary, uint64_t pid, const char *name, const struct totals *sum);
void summary_print(struct summary *summary, struct outbuf *out);
void summary_free(struct summary *summary);

#endif
