/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_TRACEPOINT_H
#define BRKWATCH_TRACEPOINT_H

#include <stdbool.h>
#include <stdint.h>

enum tracepoint_field { TP_PID, TP_TID, TP_SPACE, TP_SEQ, TP_PAGES, TP_FIELDS };

/* brkwatch:brk_grow as tracefs describes it, and brk_refused, which has the same fields. */
struct tracepoint {
	uint64_t id, refused_id;
	struct {
		unsigned int offset, size;
	} fields[TP_FIELDS];
	unsigned int size;	/* of the data, up to the last field that is wanted */
};

/* Returns false after a complaint. */
bool tracepoint_find(struct tracepoint *tp);

uint64_t tracepoint_value(const struct tracepoint *tp, enum tracepoint_field field,
			  const unsigned char *data);

#endif
