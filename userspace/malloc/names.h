/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/by-pid.h"
#include "malloc/reasons.h"
#include "tracefs/event-layout.h"

/*
 * What the events do not contain and only a living process shows: the names of the files that it
 * maps, and why its calls were refused. So look as soon as an event is read, which is before it is
 * printed.
 */
struct names {
	struct pid_table threads;
	unsigned int pass;
};

/* A thread is about to map a file; its call of mmap has ended; a call was refused. */
void names_wanted(struct names *names, pid_t tid);
void names_mapped(struct names *names, pid_t tid);
void names_refused(struct names *names, pid_t tid);

/* Look at these threads when all events that there are have been read. */
void names_look(struct names *names);

/*
 * The file that was seen at this address, at the first look since that time, or NULL. What was mapped
 * there at that time may have been replaced until @until. Of a thread times do not go back.
 */
const char *names_file(const struct names *names, pid_t tid, uint64_t address, uint64_t since, uint64_t *until);
const struct facts *names_facts(const struct names *names, pid_t tid);

void names_forget(struct names *names, pid_t tid);
void names_free(struct names *names);
