/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "explain/sentences.h"
#include "malloc/print.h"

/* What was told of a process so far. */
struct story {
	unsigned int phases;	/* bits */
	bool loading;		/* at the newest call */
	bool glibc;		/* its library is mapped, and no other malloc is known to be */
	bool other;
	bool set;		/* it does not do what it does by default */
	uint64_t freed;		/* the largest block of malloc's that was unmapped */
	bool adapted;		/* and it was said that smaller ones come from the heap */
	char said[PROSE_MAX];	/* of the call before */
};

/* A mapping that was there before the first call. */
void explain_mapping(struct story *story, const struct what *what);

/* Before a call: a heading where another phase begins. @loading: the loader was at work. */
void explain_phase(struct printer *printer, struct story *story, const struct call *call, bool loading);

/* After it: what it was for. */
void explain_call(struct printer *printer, struct story *story, const struct call *call);
