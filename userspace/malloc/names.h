/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/by-pid.h"
#include "common/cpu-rings.h"
#include "malloc/reasons.h"

/*
 * What the events of calls do not contain. Which files threads map the kernel tells by perf events. Why calls were
 * refused only a living process shows: so look as soon as an event is read, which is before it is printed.
 */
struct names {
	struct pid_table threads;
	unsigned int pass;	/* over the buffers of events */
};

/* Open the event of a thread, and of those that it begins from then on. Returns 0 or a negative errno. */
int names_add(struct cpu_rings *rings, bool children, pid_t tid, size_t cpu);

/* A PERF_RECORD_MMAP2 that this event has made. */
void names_take(struct names *names, const struct perf_event_header *header, uint64_t time_ns);

/*
 * The file that a thread mapped at this address between these times, or NULL. What it mapped before is forgotten: of
 * a thread times do not go back.
 */
const char *names_file(struct names *names, pid_t tid, uint64_t address, uint64_t since, uint64_t until);

/* A call of a thread was refused. */
void names_refused(struct names *names, pid_t tid);
const struct facts *names_facts(const struct names *names, pid_t tid);

void names_forget(struct names *names, pid_t tid);
void names_free(struct names *names);
