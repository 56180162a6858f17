/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stacks/call-tree.h"
#include "stacks/perf-records.h"

/*
 * Programs that anybody has written are not to be read with root's rights. A process of its own
 * does it: it has no capabilities and the rights of an ordinary user. It gets the mapped files by
 * their descriptors, and opens others as any user can. What it answers is not trusted.
 */
struct parser;

/* Returns NULL after a complaint. */
struct parser *parser_start(void);
void parser_stop(struct parser *parser);

/* What a program is made of can be the end of the process: then no answer has anything in it. */
bool parser_works(const struct parser *parser);

/*
 * Code that is mapped in a process, from @fd, which is closed; -1: from what the parser itself finds
 * by the name. @certain: that is the file. False: it is not.
 */
bool parser_map(struct parser *parser, pid_t pid, const struct perf_map *map, bool certain, int fd);

/* The maps of a process are no more. */
void parser_forget(struct parser *parser, pid_t pid);

/* As unwinder_frames(), with frames of @paths. */
size_t parser_frames(struct parser *parser, const struct perf_sample *sample, struct paths *paths,
		     uint32_t *frames, size_t max);
