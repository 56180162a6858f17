/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct tracefs_instance;

/*
 * A trace instance, which has buffers, events and filters of its own, so that other users of
 * ftrace and this one do not notice each other. It is gone when this program is, whatever ends it.
 */
struct instance {
	struct tracefs_instance *tracefs;
	pid_t broom;		/* the process that removes it, should we be killed */
	int leash;		/* it does so when this is closed */
};

/*
 * For brkwatch-@program. Complains and returns false where there can be none; @advice is for him who
 * may not. @sweep, or NULL, removes what else the program @pid would leave behind: another process calls
 * it when that is no more, and for some time again if it returns false.
 */
bool instance_open(struct instance *instance, const char *program, const char *advice, bool (*sweep)(pid_t pid));

/* All descriptors of files in it must be closed. */
void instance_close(struct instance *instance);
