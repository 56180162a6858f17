/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "libbrkwatch/sink.h"

/*
 * Print below an event what it means, for people who want to learn what malloc does; @owner is a struct
 * explain_how. It prints nothing for an event of an unknown kind or a malformed one.
 */
void explain_event(void *owner, struct outbuf *out, const struct brkwatch_process *process,
		   struct brkwatch_event *ev);
