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
	struct pid_table threads, processes;
	unsigned int pass;
};

/* A thread begins, or has another program: whose memory it uses from then on, or 0: that of nobody who is followed. */
void names_task(struct names *names, pid_t tid, uint64_t process);
bool names_process(const struct names *names, pid_t tid, uint64_t *process);

/* A thread of the process is about to map a file; its call of mmap has ended; a call was refused. */
void names_wanted(struct names *names, pid_t tid, uint64_t process);
void names_mapped(struct names *names, pid_t tid, uint64_t process);
void names_refused(struct names *names, pid_t tid);

/* Look at these processes when all events that there are have been read. */
void names_look(struct names *names);

/*
 * The file that was seen at this address, at the first look since that time, or NULL. What was mapped there at that
 * time may have been replaced until @until. Of a process times do not go back.
 */
const char *names_file(const struct names *names, uint64_t process, uint64_t address, uint64_t since,
		       uint64_t *until);
const struct facts *names_facts(const struct names *names, pid_t tid);

void names_forget(struct names *names, pid_t tid);
void names_forget_process(struct names *names, uint64_t process);
void names_free(struct names *names);
