/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "explain/proc-pid.h"

#define NOTES_MAX 5

/*
 * Causes other than brk that make malloc fail or a process die although no call of brk was refused.
 */
struct notes {
	bool known;
	size_t n;
	struct note {
		const char *name;
		const char *advice;
		char text[192];
	} notes[NOTES_MAX];
};

/* Nothing is known about a process that has ended, runs another program, or was recorded. */
void notes_read(struct notes *notes, const struct explain_how *how,
		const struct brkwatch_snapshot *snap);

/* Print them as sentences, each with advice. */
void notes_explain(const struct notes *notes, struct outbuf *out);
