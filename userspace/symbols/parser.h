/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/call-tree.h"
#include "symbols/perf-records.h"

/*
 * Root must not parse programs that anybody may have written. A separate process without capabilities,
 * with the rights of an ordinary user, does it. It gets descriptors of the mapped files, and opens
 * others as that user. We do not trust its answers.
 */
struct parser;

/* Returns NULL after a complaint. */
struct parser *parser_start(void);
void parser_stop(struct parser *parser);

/* A program may crash the process; then its answers are empty. */
bool parser_works(const struct parser *parser);

/*
 * Code that is mapped in a process, from @fd, which is closed; -1: from the file that the parser finds by
 * name. @certain: this is the right file. Returns false if it is not.
 */
bool parser_map(struct parser *parser, pid_t pid, const struct perf_map *map, bool certain, int fd);

/* The maps of a process have gone. */
void parser_forget(struct parser *parser, pid_t pid);

/* Like unwinder_frames(), with frames of @paths. */
size_t parser_frames(struct parser *parser, const struct perf_sample *sample, struct paths *paths,
		     uint32_t *frames, size_t max);

/* What lies at an address and is no code, as symbol_data() has it. */
size_t parser_data(struct parser *parser, pid_t pid, uint64_t address, struct paths *paths, uint32_t *frame);

/*
 * Where in a file the code of a function begins, by the file's dynamic symbols. 0: it has none of that name, or is not
 * for programs like this one. The file stays open.
 */
uint64_t parser_function(struct parser *parser, int fd, const char *name);
