/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "libbrkwatch/sink.h"

/*
 * Put below an event what it means, for people who want to learn what malloc does; @owner is a struct
 * explain_how. Nothing is put for an event of an unknown kind, or that turns out to be malformed.
 */
void explain_event(void *owner, struct outbuf *out, const struct brkwatch_process *process,
		   struct brkwatch_event *ev);
