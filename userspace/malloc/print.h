/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/output.h"
#include "malloc/maps.h"
#include "malloc/space.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct style {
	enum format format;
	bool bytes;		/* sizes as plain numbers */
	bool no_calls;		/* only the summary */
	bool quiet;		/* without head and summary */
	bool explain;		/* each call, in plain words */
};

struct printer {
	struct outbuf *out;
	struct style style;
	bool began;		/* the head is there */
};

void print_head(struct printer *printer);
void print_call(struct printer *printer, const struct call *call);
void print_mapping(struct printer *printer, uint64_t pid, uint64_t start, uint64_t end,
		   const struct what *what);

/* "start", "exec", "loading", "forget" or "end". @parent and @time_ns may be 0, @name NULL. */
void print_news(struct printer *printer, const char *type, uint64_t pid, uint64_t parent,
		const char *name, uint64_t time_ns);
void print_known(struct printer *printer, uint64_t pid, const char *name, uint64_t lost, uint64_t total);
void print_lost(struct printer *printer, uint64_t count, bool known);
void print_summary(const struct printer *printer, uint64_t pid, const char *name,
		   const struct space *space);

/* The table of a process's mappings, now. */
void print_regions(const struct printer *printer, uint64_t pid, const struct regions *regions);
