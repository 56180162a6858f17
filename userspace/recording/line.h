/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_LINE_H
#define BRKWATCH_LINE_H

#include "libbrkwatch/sink.h"

enum line_type {
	LINE_OTHER,		/* of no concern: an empty line, a newer version's */
	LINE_HEAD,		/* of CSV */
	LINE_SPACE,		/* a process, or another address space of one */
	LINE_EVENT,
	LINE_STATE,		/* a space with its events, as text */
	LINE_LOST,
	LINE_MISSED,
	LINE_SUMMARY,
};

/* A line of what --json or --csv has written. What does not belong to the type is not set. */
struct line {
	enum line_type type;
	struct brkwatch_process process;	/* pid and space are set for all */
	struct brkwatch_event event;
	uint64_t count;			/* of lost events */
	bool before_open;
	bool ended;
	char *text;			/* a state as the module would say it */
	size_t text_len;
	char problem[128];		/* what was wrong, after -EPROTO; may be empty */
};

/* Knows which it is, and what CSV's head says. NULL: no memory. */
struct line_reader *line_reader_new(void);
void line_reader_free(struct line_reader *reader);

/*
 * Understand @text, which is changed. Returns 0, or -EPROTO or -ENOMEM. The line is valid until
 * the next call.
 */
int line_read(struct line_reader *reader, char *text, struct line *line);

/* Say what is wrong with it. Returns -EPROTO. */
int line_problem(struct line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
