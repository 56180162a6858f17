/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/output.h"

/* A tree of call chains from the outermost function inwards, with the bytes grown at their ends. */

#define PATHS_FRAMES_MAX 512

struct path_frame {
	uint32_t number;
	char *location;		/* file:line, or "" */
	char function[];
};

struct path_node {
	uint32_t parent, frame;
	uint32_t child, sibling;	/* first, next; 0: none */
	uint64_t bytes, count, refused;	/* growths and refusals that ended here */
	uint64_t all;			/* bytes, with those of its children: see paths_sum() */
};

struct paths {
	struct path_frame **frames;
	size_t n_frames, frames_room;
	void *index;			/* of frames by their text: see tsearch(3) */
	struct path_node *nodes;	/* the first is the root; children come after their parents */
	size_t n, room;
};

/* Returns 0 or -ENOMEM. */
int paths_init(struct paths *paths);
void paths_free(struct paths *paths);

/* The number of a frame, which never changes; 0 if there is no memory. */
uint32_t paths_frame(struct paths *paths, const char *function, const char *location);

/* Frames from the innermost to the outermost. Returns the path's node, for its numbers. */
uint32_t paths_add(struct paths *paths, const uint32_t *frames, size_t n);

/* Adds the bytes of children to their parents. */
void paths_sum(struct paths *paths);

/* A copy that distinguishes only functions, with children sorted by name. Returns 0 or -ENOMEM. */
int paths_of_functions(const struct paths *paths, struct paths *functions);

/* "    #0 function (file.c:12)", innermost first; the outermost is the command, which is not shown. */
void paths_put_frames(const struct paths *paths, struct outbuf *out, uint32_t node);

/* All paths, the largest first, then those of refusals. */
void paths_put_table(const struct paths *paths, struct outbuf *out, bool bytes);

/* "command;main;f 4096", for programs that draw flame graphs. */
void paths_put_folded(const struct paths *functions, struct outbuf *out);
