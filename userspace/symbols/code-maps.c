// SPDX-License-Identifier: GPL-2.0
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/by-pid.h"
#include "common/complain.h"
#include "common/open-regular.h"
#include "libbrkwatch/task.h"
#include "symbols/code-maps.h"
#include "symbols/parser.h"

/* Of ended processes that are kept: another thread may outlive the first one. */
#define ENDED_MAX	256

/* Of those that run, whose files the parser has open. */
#define PARSED_MAX	32

#define COMM_BYTES	16

struct code {
	struct pid_entry entry;
	char comm[COMM_BYTES];
	struct perf_map *maps;		/* with paths of their own */
	size_t n, room;
	bool parsed;			/* the parser has some of them: so many */
	size_t known;
	bool hopeless;			/* the parser has not survived it */
	bool ended;
};

struct code_maps {
	struct parser *parser;		/* NULL: there can be none any more */
	struct pid_table processes;
	/* Rings: what comes takes the place of what came first. */
	pid_t parsed[PARSED_MAX], ended[ENDED_MAX];
	size_t n_parsed, n_ended;
};

static void forget_parsed(struct code_maps *maps, struct code *code)
{
	if (code->parsed && maps->parser)
		parser_forget(maps->parser, (pid_t)code->entry.pid);
	code->parsed = false;
	code->known = 0;
}

static void drop_maps(struct code_maps *maps, struct code *code)
{
	forget_parsed(maps, code);
	for (size_t i = 0; i < code->n; i++)
		free((char *)code->maps[i].path);
	code->n = 0;
	code->hopeless = false;
}

static void drop(void *owner, void *entry)
{
	struct code_maps *maps = owner;
	struct code *code = entry;

	drop_maps(maps, code);
	free(code->maps);
	pid_drop(&maps->processes, code);
}

struct code_maps *maps_new(void)
{
	struct code_maps *maps = needed(calloc(1, sizeof(*maps)));

	maps->parser = parser_start();
	if (maps->parser)
		return maps;
	free(maps);
	return NULL;
}

void maps_free(struct code_maps *maps)
{
	if (!maps)
		return;
	pid_visit(&maps->processes, drop, maps);
	parser_stop(maps->parser);
	free(maps);
}

/* There, or made. */
static struct code *get(struct code_maps *maps, pid_t pid)
{
	return pid_get(&maps->processes, (uint64_t)pid, sizeof(struct code));
}

static struct code *find(const struct code_maps *maps, pid_t pid)
{
	return pid_find(&maps->processes, (uint64_t)pid);
}

/* What the new one covers is not there any more. */
static void remove_covered(struct code_maps *maps, struct code *code, const struct perf_map *map)
{
	size_t kept = 0;

	for (size_t i = 0; i < code->n; i++) {
		struct perf_map *old = &code->maps[i];

		if (old->start < map->end && map->start < old->end) {
			forget_parsed(maps, code);
			free((char *)old->path);
		} else {
			code->maps[kept++] = *old;
		}
	}
	code->n = kept;
}

static void add_map(struct code_maps *maps, struct code *code, const struct perf_map *map)
{
	struct perf_map *new;

	remove_covered(maps, code, map);
	new = array_add(code->maps, code->n, code->room);
	*new = *map;
	new->path = needed(strdup(map->path));
}

/* 55d0c0a00000-55d0c0a21000 r-xp 00002000 fe:01 1234     /usr/bin/cat */
static void take_line(struct code_maps *maps, struct code *code, char *line, const char *file)
{
	struct perf_map map = { 0 };
	char access[8];
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &map.start,
		   &map.end, access, &map.offset, &map.inode, &at) != 5 ||
	    access[2] != 'x' || line[at] != '/')
		return;
	map.path = line + at;
	if (!file || !strcmp(file, map.path))
		add_map(maps, code, &map);
}

void maps_add(struct code_maps *maps, pid_t pid, const char *only)
{
	struct code *code = get(maps, pid);
	char path[48], *line = NULL;
	size_t room = 0, n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	/* A newline is behind it, but may be in it, too. */
	n = file ? fread(code->comm, 1, sizeof(code->comm), file) : 0;
	if (n)
		code->comm[n - 1] = '\0';
	if (file)
		fclose(file);
	drop_maps(maps, code);
	file = task_open(pid, "maps");
	while (file && getline(&line, &room, file) > 0)
		take_line(maps, code, line, only);
	free(line);
	if (file)
		fclose(file);
}

void maps_map(struct code_maps *maps, pid_t pid, const struct perf_map *map)
{
	struct code *code = get(maps, pid);

	if (*map->path == '/' && map->path[1] != '/')
		add_map(maps, code, map);
}

void maps_comm(struct code_maps *maps, pid_t pid, const char *comm, bool exec)
{
	struct code *code = get(maps, pid);

	if (exec)
		drop_maps(maps, code);
	/* A thread's name is not its process's, but that is not told apart here. */
	if (exec || !*code->comm)
		snprintf(code->comm, sizeof(code->comm), "%s", comm);
}

void maps_fork(struct code_maps *maps, pid_t pid, pid_t parent)
{
	struct code *child = find(maps, pid);
	const struct code *from;

	/* That is the number of one that has ended. */
	if (child)
		drop(maps, child);
	child = get(maps, pid);
	from = find(maps, parent);
	if (!from)
		return;
	memcpy(child->comm, from->comm, sizeof(child->comm));
	child->hopeless = from->hopeless;
	for (size_t i = 0; i < from->n; i++)
		add_map(maps, child, &from->maps[i]);
}

void maps_exit(struct code_maps *maps, pid_t pid)
{
	pid_t *place = &maps->ended[maps->n_ended % ENDED_MAX];
	struct code *code = find(maps, pid), *first = find(maps, *place);

	if (!code || code->ended)
		return;
	forget_parsed(maps, code);
	code->ended = true;
	if (first && first->ended)
		drop(maps, first);
	*place = pid;
	maps->n_ended++;
}

const char *maps_name(const struct code_maps *maps, pid_t pid)
{
	const struct code *code = find(maps, pid);

	return code && *code->comm ? code->comm : "[unknown]";
}

/* ---- for the parser ---- */

/*
 * A name can be another file's: of one in another mount namespace, or after a change. Only programs
 * are handed over by it, so that nobody makes us open what he would like to read.
 */
static int if_program(int fd)
{
	char magic[SELFMAG] = "";
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && st.st_mode & 0111 &&
		       pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
		       !memcmp(magic, ELFMAG, SELFMAG)))
		return fd;
	close(fd);
	return -1;
}

static bool give_file(struct code_maps *maps, pid_t pid, const struct perf_map *map, bool certain, int fd)
{
	return fd >= 0 && parser_map(maps->parser, pid, map, certain, fd);
}

static void give(struct code_maps *maps, pid_t pid, const struct perf_map *map)
{
	const pid_t task = task_with_memory("/proc", pid);

	/* Of a process that lives it is the very file, also deleted or in another root. */
	if (!give_file(maps, pid, map, true, open_regular("/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
							   task, map->start, map->end)) &&
	    !parser_map(maps->parser, pid, map, false, -1) &&
	    !give_file(maps, pid, map, false, if_program(open_regular("/proc/%d/root%s", task, map->path))))
		give_file(maps, pid, map, false, if_program(open_regular("%s", map->path)));
}

static void forget_all(void *owner, void *entry)
{
	forget_parsed(owner, entry);
}

/* Another one: what has ended the last is not shown to it. */
static void replace_parser(struct code_maps *maps, struct code *code)
{
	warn_user("%s (%d): its program file crashed the process that reads debug information; its stacks are missing",
		  maps_name(maps, (pid_t)code->entry.pid), (pid_t)code->entry.pid);
	code->hopeless = true;
	parser_stop(maps->parser);
	maps->parser = NULL;
	pid_visit(&maps->processes, forget_all, maps);
	maps->parser = parser_start();
}

static void inform_parser(struct code_maps *maps, struct code *code)
{
	const pid_t pid = (pid_t)code->entry.pid;
	pid_t *place = &maps->parsed[maps->n_parsed % PARSED_MAX];
	struct code *first = find(maps, *place);

	if (!code->parsed) {
		if (first)
			forget_parsed(maps, first);
		*place = pid;
		maps->n_parsed++;
		code->parsed = true;
	}
	for (; code->known < code->n; code->known++)
		give(maps, pid, &code->maps[code->known]);
}

size_t maps_frames(struct code_maps *maps, const struct perf_sample *sample, struct paths *paths,
		   uint32_t *frames, size_t max)
{
	struct code *code = get(maps, sample->pid);
	size_t n;

	if (code->hopeless || !maps->parser)
		return 0;
	inform_parser(maps, code);
	n = parser_frames(maps->parser, sample, paths, frames, max);
	if (parser_works(maps->parser))
		return n;
	replace_parser(maps, code);
	return 0;
}

size_t maps_data(struct code_maps *maps, pid_t pid, uint64_t address, struct paths *paths, uint32_t *frame)
{
	struct code *code = get(maps, pid);

	if (code->hopeless || !maps->parser)
		return 0;
	inform_parser(maps, code);
	return parser_data(maps->parser, pid, address, paths, frame);
}
