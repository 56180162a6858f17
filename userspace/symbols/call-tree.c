// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/format-number.h"
#include "common/utf8.h"
#include "libbrkwatch/array.h"
#include "symbols/call-tree.h"

/* Beyond that, memory of paths and frames would grow for ever. */
#define NODES_MAX	((size_t)1 << 20)
#define FRAMES_MAX	((size_t)1 << 18)

/* Number of the frame that stands for all that come when there are so many. */
#define OTHER		1

static uint32_t new_node(struct paths *paths, uint32_t parent, uint32_t frame)
{
	struct path_node *nodes;

	if (paths->n >= NODES_MAX || !array_room(paths->nodes, paths->n, &paths->room))
		return parent;
	nodes = paths->nodes;
	nodes[paths->n] = (struct path_node){
		.parent = parent, .frame = frame, .sibling = paths->n ? nodes[parent].child : 0,
	};
	if (paths->n)
		nodes[parent].child = (uint32_t)paths->n;
	return (uint32_t)paths->n++;
}

int paths_init(struct paths *paths)
{
	*paths = (struct paths){ 0 };
	paths_frame(paths, "all", "");
	paths_frame(paths, "[other]", "");
	new_node(paths, 0, 0);
	if (paths->n && paths->n_frames > OTHER)
		return 0;
	paths_free(paths);
	return -ENOMEM;
}

void paths_free(struct paths *paths)
{
	/* And the frames. */
	tdestroy(paths->index, free);
	free(paths->frames);
	free(paths->nodes);
	*paths = (struct paths){ 0 };
}

static int compare_frames(const void *a, const void *b)
{
	const struct path_frame *x = a, *y = b;

	return strcmp(x->function, y->function) ?: strcmp(x->location, y->location);
}

static struct path_frame *new_frame(const char *function, const char *location)
{
	size_t len = strlen(function) + 1, location_len = strlen(location) + 1;
	struct path_frame *frame = malloc(sizeof(*frame) + len + location_len);

	if (!frame)
		return NULL;
	memcpy(frame->function, function, len);
	frame->location = memcpy(frame->function + len, location, location_len);
	/* A program picks its names itself. */
	text_clean(frame->function);
	text_clean(frame->location);
	return frame;
}

uint32_t paths_frame(struct paths *paths, const char *function, const char *location)
{
	struct path_frame *frame = new_frame(function, location), **found;
	bool full = paths->n_frames >= FRAMES_MAX;

	if (!frame || !array_room(paths->frames, paths->n_frames, &paths->frames_room)) {
		free(frame);
		return 0;
	}
	found = full ? tfind(frame, &paths->index, compare_frames) :
		       tsearch(frame, &paths->index, compare_frames);
	if (found && *found == frame) {
		frame->number = (uint32_t)paths->n_frames;
		paths->frames[paths->n_frames++] = frame;
		return frame->number;
	}
	free(frame);
	return found ? (*found)->number : full ? OTHER : 0;
}

static uint32_t child_of(struct paths *paths, uint32_t parent, uint32_t frame)
{
	for (uint32_t i = paths->nodes[parent].child; i; i = paths->nodes[i].sibling)
		if (paths->nodes[i].frame == frame)
			return i;
	return new_node(paths, parent, frame);
}

uint32_t paths_add(struct paths *paths, const uint32_t *frames, size_t n)
{
	uint32_t node = 0;

	/* Without room for another one, it counts for as much of it as is known. */
	while (n)
		node = child_of(paths, node, frames[--n]);
	return node;
}

void paths_sum(struct paths *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		paths->nodes[i].all = paths->nodes[i].bytes;
	for (size_t i = paths->n; i-- > 1;)
		paths->nodes[paths->nodes[i].parent].all += paths->nodes[i].all;
}

static const char *function_of(const struct paths *paths, uint32_t node)
{
	return paths->frames[paths->nodes[node].frame]->function;
}

/* Flame graphs have them in the order of their names, so that two can be compared. */
static void sort_children(struct paths *paths, uint32_t parent)
{
	uint32_t sorted = 0;

	for (uint32_t i = paths->nodes[parent].child, next; i; i = next) {
		uint32_t *link = &sorted;

		next = paths->nodes[i].sibling;
		while (*link && strcmp(function_of(paths, *link), function_of(paths, i)) < 0)
			link = &paths->nodes[*link].sibling;
		paths->nodes[i].sibling = *link;
		*link = i;
	}
	paths->nodes[parent].child = sorted;
}

int paths_of_functions(const struct paths *paths, struct paths *functions)
{
	uint32_t *same = calloc(paths->n, sizeof(*same));

	if (!same || paths_init(functions)) {
		free(same);
		return -ENOMEM;
	}
	for (size_t i = 0; i < paths->n; i++) {
		const struct path_node *node = &paths->nodes[i];

		if (i)
			same[i] = child_of(functions, same[node->parent],
					   paths_frame(functions, function_of(paths, (uint32_t)i), ""));
		functions->nodes[same[i]].bytes += node->bytes;
		functions->nodes[same[i]].count += node->count;
	}
	free(same);
	for (size_t i = 0; i < functions->n; i++)
		sort_children(functions, (uint32_t)i);
	paths_sum(functions);
	return 0;
}

void paths_put_frames(const struct paths *paths, struct outbuf *out, uint32_t node)
{
	for (int i = 0; node && paths->nodes[node].parent; node = paths->nodes[node].parent, i++) {
		const struct path_frame *frame = paths->frames[paths->nodes[node].frame];

		outbuf_printf(out, "    #%d %s", i, frame->function);
		if (*frame->location)
			outbuf_printf(out, " (%s)", frame->location);
		outbuf_puts(out, "\n");
	}
}

static int larger_first(const void *a, const void *b, void *arg)
{
	const struct paths *paths = arg;
	const struct path_node *x = &paths->nodes[*(const uint32_t *)a];
	const struct path_node *y = &paths->nodes[*(const uint32_t *)b];

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->refused != y->refused)
		return x->refused < y->refused ? 1 : -1;
	return x < y ? -1 : x > y;
}

static const char *command_of(const struct paths *paths, uint32_t node)
{
	while (node && paths->nodes[node].parent)
		node = paths->nodes[node].parent;
	return function_of(paths, node);
}

static void put_path(const struct paths *paths, struct outbuf *out, uint32_t node, uint64_t total,
		     bool bytes)
{
	const struct path_node *n = &paths->nodes[node];
	char size[TEXT_NUMBER_MAX];

	*put_size(size, n->bytes, bytes) = '\0';
	outbuf_printf(out, "%10s %5.1f%%  %s, %" PRIu64 " growth%s\n", size,
		      (double)n->bytes * 100 / (double)total, command_of(paths, node), n->count,
		      n->count == 1 ? "" : "s");
	paths_put_frames(paths, out, node);
}

static void put_refused(const struct paths *paths, struct outbuf *out, uint32_t node)
{
	uint64_t n = paths->nodes[node].refused;

	outbuf_printf(out, "%10s         %s, %" PRIu64 " request%s\n", "refused",
		      command_of(paths, node), n, n == 1 ? "" : "s");
	paths_put_frames(paths, out, node);
}

void paths_put_table(const struct paths *paths, struct outbuf *out, bool bytes)
{
	uint32_t *order = calloc(paths->n, sizeof(*order));
	uint64_t total = 0;
	size_t n = 0;

	for (size_t i = 0; order && i < paths->n; i++) {
		total += paths->nodes[i].bytes;
		if (paths->nodes[i].bytes || paths->nodes[i].refused)
			order[n++] = (uint32_t)i;
	}
	if (n)
		qsort_r(order, n, sizeof(*order), larger_first, (void *)paths);
	for (size_t i = 0; i < n && paths->nodes[order[i]].bytes; i++)
		put_path(paths, out, order[i], total, bytes);
	for (size_t i = 0; i < n; i++)
		if (paths->nodes[order[i]].refused)
			put_refused(paths, out, order[i]);
	free(order);
}

/* From the outermost. */
static void put_names(const struct paths *paths, struct outbuf *out, uint32_t node)
{
	uint32_t chain[PATHS_FRAMES_MAX + 8];
	size_t n = 0;

	for (; node && n < sizeof(chain) / sizeof(chain[0]); node = paths->nodes[node].parent)
		chain[n++] = node;
	while (n--) {
		/* Which is what separates them. */
		for (const char *p = function_of(paths, chain[n]); *p; p++)
			outbuf_write(out, *p == ';' ? ":" : p, 1);
		if (n)
			outbuf_puts(out, ";");
	}
}

void paths_put_folded(const struct paths *functions, struct outbuf *out)
{
	for (uint32_t i = 1; i < functions->n; i++) {
		if (!functions->nodes[i].bytes)
			continue;
		put_names(functions, out, i);
		outbuf_printf(out, " %" PRIu64 "\n", functions->nodes[i].bytes);
	}
}
