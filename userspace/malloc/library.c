// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/c-library.h"
#include "common/complain.h"
#include "common/open-regular.h"
#include "common/why-not.h"
#include "libbrkwatch/task.h"
#include "malloc/library.h"
#include "malloc/maps.h"
#include "malloc/probes.h"
#include "symbols/parser.h"

const char *const function_names[FUNCTIONS] = {
	"malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign",
};

/* ---- the file ---- */

/*
 * Its probes are in all followed processes that have it mapped, at offsets that it names itself. So it must not be one
 * that somebody has made for us.
 */
static bool is_trusted(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !st.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* @name: how it is called, to be freed. -1: after a complaint. */
static int open_library(pid_t pid, char **name)
{
	struct regions regions = { .n = 0 };
	int fd = -1;

	*name = NULL;
	regions_of(&regions, pid, "maps", NULL);
	for (size_t i = 0; i < regions.n && !*name; i++) {
		const struct region *region = &regions.all[i];

		if (!is_glibc(region->name) && !is_musl(region->name))
			continue;
		*name = needed(strdup(region->name));
		fd = open_regular("/proc/%d/map_files/%" PRIx64 "-%" PRIx64, task_with_memory("/proc", pid),
				  region->start, region->end);
	}
	regions_free(&regions);
	if (fd >= 0 && is_trusted(fd))
		return fd;
	if (fd >= 0)
		warn_user("--malloc: %s must belong to root, and nobody else may write to it; run it without --malloc", *name);
	else if (*name)
		warn_user("--malloc: cannot open %s as it is mapped", *name);
	else if (!complain_of_task(pid))
		warn_user("%d: no C library is mapped (a static program?); run it without --malloc", pid);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* ---- probes ---- */

/* Before glibc 2.38 memalign and aligned_alloc are one. */
static bool is_another(const uint64_t *offsets, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (offsets[k] == offsets[i])
			return false;
	return offsets[i];
}

/* In a container somebody else is root, too. False: after a complaint. */
static bool find_functions(int fd, const char *name, uint64_t *offsets)
{
	struct parser *parser = parser_start();
	bool found = false;

	if (!parser)
		return false;
	for (size_t i = 0; i < FUNCTIONS; i++)
		offsets[i] = parser_function(parser, fd, function_names[i]);
	if (!parser_works(parser))
		warn_user("--malloc: %s crashed the process that reads it, or took it too long; run it without --malloc", name);
	else if (!offsets[MALLOC])
		warn_user("--malloc: %s has no function malloc for x86-64; run it without --malloc", name);
	else
		found = true;
	parser_stop(parser);
	return found;
}

static bool define_probes(struct library *library, size_t number, int fd, const char *name)
{
	uint64_t offsets[FUNCTIONS];
	char file[32];

	if (!find_functions(fd, name, offsets))
		return false;
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		for (int ends = 0; ends < 2 && is_another(offsets, i); ends++) {
			const int id = probe_define(file, number, function_names[i], offsets[i], ends);

			if (id < 0) {
				warn_user("cannot probe %s: %s; --malloc needs root and CONFIG_UPROBE_EVENTS", name, strerror(-id));
				return false;
			}
			library->probes[i][ends] = id;
		}
	}
	return true;
}

static const struct library *find_or_add(struct libraries *libraries, int fd, const char *name)
{
	struct library *library = libraries->first;
	struct stat st = { 0 };

	fstat(fd, &st);
	while (library && (library->device != st.st_dev || library->inode != st.st_ino))
		library = library->next;
	if (library)
		return library;
	library = needed(calloc(1, sizeof(*library)));
	library->device = st.st_dev;
	library->inode = st.st_ino;
	if (!define_probes(library, libraries->n++, fd, name)) {
		free(library);
		return NULL;
	}
	library->next = libraries->first;
	libraries->first = library;
	return library;
}

const struct library *library_of(struct libraries *libraries, pid_t pid)
{
	const struct library *library = NULL;
	char *name;
	int fd = open_library(pid, &name);

	/* The probes keep the file. */
	if (fd >= 0) {
		library = find_or_add(libraries, fd, name);
		close(fd);
	}
	free(name);
	return library;
}

void libraries_free(struct libraries *libraries)
{
	struct library *library;

	while ((library = libraries->first)) {
		libraries->first = library->next;
		free(library);
	}
}
