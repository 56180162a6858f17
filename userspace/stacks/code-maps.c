// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stacks/code-maps.h"
#include "stacks/unwind.h"

#define BUCKETS		256

/* Of ended processes that are kept: another thread may outlive the first one. */
#define ENDED_MAX	256

/* Those that have their files open. */
#define UNWINDERS_MAX	32

#define COMM_BYTES	16

struct space {
	struct space *next;	/* in its bucket */
	pid_t pid;
	char comm[COMM_BYTES];
	struct perf_map *maps;	/* with paths of their own */
	size_t n, room;
	struct unwinder *unwinder;	/* or NULL */
	size_t known;		/* how many of the maps it has */
	uint64_t used;
	uint64_t ended;		/* 0: it lives */
};

struct spaces {
	struct paths *paths;
	struct space *buckets[BUCKETS];
	size_t n_ended, n_unwinders;
	uint64_t clock;
};

static struct space **place_of(struct spaces *spaces, pid_t pid)
{
	struct space **link = &spaces->buckets[(unsigned int)pid % BUCKETS];

	while (*link && (*link)->pid != pid)
		link = &(*link)->next;
	return link;
}

static void drop_unwinder(struct spaces *spaces, struct space *space)
{
	spaces->n_unwinders -= space->unwinder != NULL;
	unwinder_free(space->unwinder);
	space->unwinder = NULL;
	space->known = 0;
}

static void drop_maps(struct spaces *spaces, struct space *space)
{
	drop_unwinder(spaces, space);
	for (size_t i = 0; i < space->n; i++)
		free((char *)space->maps[i].path);
	space->n = 0;
}

static void drop(struct spaces *spaces, struct space **link)
{
	struct space *space = *link;

	*link = space->next;
	spaces->n_ended -= space->ended != 0;
	drop_maps(spaces, space);
	free(space->maps);
	free(space);
}

struct spaces *spaces_new(struct paths *paths)
{
	struct spaces *spaces = calloc(1, sizeof(*spaces));

	if (spaces)
		spaces->paths = paths;
	return spaces;
}

void spaces_free(struct spaces *spaces)
{
	for (size_t i = 0; spaces && i < BUCKETS; i++)
		while (spaces->buckets[i])
			drop(spaces, &spaces->buckets[i]);
	free(spaces);
}

/* There, or made. NULL: no memory. */
static struct space *get(struct spaces *spaces, pid_t pid)
{
	struct space **link = place_of(spaces, pid);

	if (!*link) {
		*link = calloc(1, sizeof(**link));
		if (*link)
			(*link)->pid = pid;
	}
	return *link;
}

/* What the new one covers is not there any more. */
static void remove_covered(struct spaces *spaces, struct space *space, const struct perf_map *map)
{
	size_t kept = 0;

	for (size_t i = 0; i < space->n; i++) {
		struct perf_map *old = &space->maps[i];

		if (old->start < map->end && map->start < old->end) {
			drop_unwinder(spaces, space);
			free((char *)old->path);
		} else {
			space->maps[kept++] = *old;
		}
	}
	space->n = kept;
}

static void add_map(struct spaces *spaces, struct space *space, const struct perf_map *map)
{
	char *path;

	remove_covered(spaces, space, map);
	if (space->n == space->room) {
		size_t room = space->room ? space->room * 2 : 16;
		struct perf_map *maps = reallocarray(space->maps, room, sizeof(*maps));

		if (!maps)
			return;
		space->maps = maps;
		space->room = room;
	}
	path = strdup(map->path);
	if (!path)
		return;
	space->maps[space->n] = *map;
	space->maps[space->n++].path = path;
}

/* 55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1234     /usr/bin/cat */
static void read_maps(struct spaces *spaces, struct space *space)
{
	char path[48], *line = NULL;
	size_t room = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", space->pid);
	file = fopen(path, "re");
	while (file && getline(&line, &room, file) > 0) {
		struct perf_map map = { 0 };
		char access[8];
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n",
			   &map.start, &map.end, access, &map.offset, &map.inode, &at) != 5 ||
		    access[2] != 'x' || line[at] != '/')
			continue;
		map.path = line + at;
		add_map(spaces, space, &map);
	}
	free(line);
	if (file)
		fclose(file);
}

void spaces_add(struct spaces *spaces, pid_t pid)
{
	struct space *space = get(spaces, pid);
	char path[48];
	FILE *file;

	if (!space)
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(space->comm, sizeof(space->comm), file))
		space->comm[strcspn(space->comm, "\n")] = '\0';
	if (file)
		fclose(file);
	drop_maps(spaces, space);
	read_maps(spaces, space);
}

void spaces_map(struct spaces *spaces, pid_t pid, const struct perf_map *map)
{
	struct space *space = get(spaces, pid);

	if (space && *map->path == '/' && map->path[1] != '/')
		add_map(spaces, space, map);
}

void spaces_comm(struct spaces *spaces, pid_t pid, const char *comm, bool exec)
{
	struct space *space = get(spaces, pid);

	if (!space)
		return;
	if (exec)
		drop_maps(spaces, space);
	/* A thread's name is not its process's, but that is not told apart here. */
	if (exec || !*space->comm)
		snprintf(space->comm, sizeof(space->comm), "%s", comm);
}

void spaces_fork(struct spaces *spaces, pid_t pid, pid_t parent)
{
	struct space **link = place_of(spaces, pid), *child;
	const struct space *from = *place_of(spaces, parent);

	/* That is the number of one that has ended. */
	if (*link)
		drop(spaces, link);
	child = get(spaces, pid);
	if (!child || !from)
		return;
	memcpy(child->comm, from->comm, sizeof(child->comm));
	for (size_t i = 0; i < from->n; i++)
		add_map(spaces, child, &from->maps[i]);
}

/* The one that ended, or was used, longest ago. */
static struct space **longest_ago(struct spaces *spaces, bool ended)
{
	struct space **found = NULL;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct space **link = &spaces->buckets[i]; *link; link = &(*link)->next) {
			const struct space *space = *link;

			if (ended ? space->ended && (!found || space->ended < (*found)->ended) :
				    space->unwinder && (!found || space->used < (*found)->used))
				found = link;
		}
	return found;
}

void spaces_exit(struct spaces *spaces, pid_t pid)
{
	struct space *space = *place_of(spaces, pid);

	if (!space || space->ended)
		return;
	space->ended = ++spaces->clock;
	if (++spaces->n_ended > ENDED_MAX)
		drop(spaces, longest_ago(spaces, true));
}

const char *spaces_name(struct spaces *spaces, pid_t pid)
{
	const struct space *space = *place_of(spaces, pid);

	return space && *space->comm ? space->comm : "[unknown]";
}

size_t spaces_frames(struct spaces *spaces, const struct perf_sample *sample, uint32_t *frames,
		     size_t max)
{
	struct space *space = get(spaces, sample->pid);

	if (!space)
		return 0;
	if (!space->unwinder) {
		if (spaces->n_unwinders == UNWINDERS_MAX)
			drop_unwinder(spaces, *longest_ago(spaces, false));
		space->unwinder = unwinder_new(space->pid, spaces->paths);
		spaces->n_unwinders += space->unwinder != NULL;
	}
	if (!space->unwinder)
		return 0;
	space->used = ++spaces->clock;
	for (; space->known < space->n; space->known++)
		unwinder_map(space->unwinder, &space->maps[space->known]);
	return unwinder_frames(space->unwinder, sample, frames, max);
}
