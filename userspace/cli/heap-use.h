/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "explain/proc-pid.h"

/* What glibc's malloc has of a large heap. */
struct heap_use {
	uint64_t free;		/* 0: nothing, it is not known, or the heap is small */
	uint64_t pinned;	/* of that below a chunk in use */
};

void heap_use_read(struct heap_use *use, const struct explain_how *how, const struct brkwatch_snapshot *snap);
