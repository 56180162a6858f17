/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/event.h"
#include "symbols/call-tree.h"

/* A line with the frames of an event, innermost first; of none if @node is 0. */
void json_put_stack(struct outbuf *out, const struct brkwatch_snapshot *snap, struct brkwatch_event *ev,
		    const struct paths *paths, uint32_t node);
