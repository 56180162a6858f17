// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "explain/proc-pid.h"
#include "libbrkwatch/task.h"
#include "malloc/maps.h"

/* The guard below a thread's stack is not larger, by default. */
#define GUARD_MAX	((uint64_t)64 << 10)

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool has(const struct region *r, const char *perms)
{
	return begins(r->perms, perms);
}

/* ---- what they are for ---- */

struct what what_of_file(const char *name, bool shared)
{
	const char *base = strrchr(name, '/');

	base = base ? base + 1 : name;
	if (begins(name, "/dev/shm/") || begins(name, "/memfd:") || begins(name, "/SYSV") ||
	    (shared && begins(name, "/dev/zero")))
		return what_is(KIND_SHARED, false, name);
	if (!fnmatch("ld-*.so*", base, 0) || !fnmatch("ld[0-9][0-9].so.[0-9]*", base, 0) ||
	    !strcmp(base, "ld.so.cache"))
		return what_is(KIND_LOADER, false, name);
	return what_is(KIND_FILE, false, name);
}

/* Memory that has no name. What is around it tells. */
static struct what what_of_anonymous(const struct regions *regions, const struct region *r)
{
	const struct region *end = regions->all + regions->n, *before = r > regions->all ? r - 1 : NULL;
	const struct region *after = r + 1 < end ? r + 1 : NULL;
	const uint64_t size = r->end - r->start;

	if (r->perms[3] == 's')
		return what_is(KIND_SHARED, false, NULL);
	/* What a program or library has without initial values is behind its data. */
	if (before && before->end == r->start && *before->name && before->what.file && has(before, "rw") &&
	    before->what.kind != KIND_SHARED)
		return before->what;
	/* The part of an arena in use, and what is reserved for it. */
	if (has(r, "rw-") && !(r->start % ARENA_SIZE) && size <= ARENA_SIZE &&
	    (size == ARENA_SIZE || (after && after->start == r->end && has(after, "---") &&
				    after->end >= r->start + ARENA_SIZE)))
		return what_is(KIND_ARENA, true, NULL);
	if (has(r, "---") && before && before->end == r->start && before->what.kind == KIND_ARENA)
		return before->what;
	if (has(r, "rw-") && before && before->end == r->start && has(before, "---") && !*before->name &&
	    before->end - before->start <= GUARD_MAX)
		return what_is(KIND_STACK, true, NULL);
	if (has(r, "---") && size <= GUARD_MAX && after && after->start == r->end && has(after, "rw-") &&
	    !*after->name)
		return what_is(KIND_STACK, true, NULL);
	if (has(r, "rw-") && size > MALLOC_MIN)
		return what_is(KIND_MALLOC, true, NULL);
	return what_is(KIND_UNKNOWN, false, NULL);
}

static bool is_called_heap(const struct region *r)
{
	return !strcmp(r->name, "[heap]");
}

/*
 * Before Linux 6.6 a mapping that only touches the heap has that name, too. Where the break is not
 * known, the heap ends with memory that can be written, as that of malloc does.
 */
static void correct_names(struct regions *regions, uint64_t heap_start, uint64_t brk)
{
	uint64_t end = brk;

	for (size_t i = 0; i < regions->n && !brk; i++)
		if (is_called_heap(&regions->all[i]) && has(&regions->all[i], "rw"))
			end = regions->all[i].end;
	for (size_t i = 0; i < regions->n; i++) {
		struct region *r = &regions->all[i];

		if (is_called_heap(r) && (r->end <= heap_start || (end && r->start >= end)))
			r->name = "";
	}
}

static struct what what_of(const struct regions *regions, const struct region *r)
{
	if (is_called_heap(r))
		return what_is(KIND_HEAP, false, NULL);
	if (begins(r->name, "[stack"))
		return what_is(KIND_STACK, false, NULL);
	if (begins(r->name, "[v"))
		return what_is(KIND_KERNEL, false, NULL);
	if (begins(r->name, "[anon: glibc: malloc arena"))
		return what_is(KIND_ARENA, false, NULL);
	if (begins(r->name, "[anon: glibc: malloc"))
		return what_is(KIND_MALLOC, false, NULL);
	if (begins(r->name, "[anon: glibc: pthread stack"))
		return what_is(KIND_STACK, false, NULL);
	if (begins(r->name, "[anon: glibc: loader"))
		return what_is(KIND_LOADER, false, NULL);
	if (*r->name == '/')
		return what_of_file(r->name, r->perms[3] == 's');
	return what_of_anonymous(regions, r);
}

/* ---- reading ---- */

/* START-END PERMISSIONS OFFSET DEVICE INODE [NAME] */
static bool parse_range(struct region *r, const char *line)
{
	unsigned long long start, end;
	int name = 0;

	if (sscanf(line, "%llx-%llx %4s %*s %*s %*s %n", &start, &end, r->perms, &name) != 3 || !name)
		return false;
	r->start = start;
	r->end = end;
	r->name = intern(line + name);
	return true;
}

static void take_size(struct region *r, const char *line)
{
	const struct {
		const char *key;
		uint64_t *sum;
	} sizes[] = {
		{ "Rss:", &r->resident }, { "Shared_Dirty:", &r->dirty }, { "Private_Dirty:", &r->dirty },
		{ "Swap:", &r->swapped }, { "Pss:", &r->pss },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (begins(line, sizes[i].key))
			*sizes[i].sum += strtoull(line + strlen(sizes[i].key), NULL, 10) * 1024;
}

static int read_lines(struct regions *regions, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	while (!rc && getline(&line, &room, file) > 0) {
		struct region r = { .start = 0 };

		line[strcspn(line, "\n")] = '\0';
		/* Keys begin with a capital, addresses have none. */
		if (isupper((unsigned char)*line) && regions->n) {
			take_size(&regions->all[regions->n - 1], line);
			regions->sized = true;
		} else if (!parse_range(&r, line)) {
			rc = -EPROTO;
		} else {
			*array_add(regions->all, regions->n, regions->room) = r;
		}
	}
	if (!rc && ferror(file))
		rc = -errno;
	free(line);
	return rc;
}

int regions_read(struct regions *regions, FILE *file, uint64_t heap_start, uint64_t brk)
{
	int rc;

	regions->n = 0;
	regions->sized = false;
	rc = read_lines(regions, file);
	/* That page is the kernel's, and no process's. */
	if (regions->n && !strcmp(regions->all[regions->n - 1].name, "[vsyscall]"))
		regions->n--;
	correct_names(regions, heap_start, brk);
	for (size_t i = 0; i < regions->n; i++)
		regions->all[i].what = what_of(regions, &regions->all[i]);
	for (size_t i = 0; i < regions->n; i++)
		regions->all[i].what.reserved = has(&regions->all[i], "---");
	return rc;
}

int regions_of(struct regions *regions, pid_t pid, const char *name, const struct brkwatch_snapshot *snap)
{
	FILE *file = task_open(pid, name);
	uint64_t start = 0;
	int rc;

	if (!file)
		return -errno;
	if (!live_stat(task_open(pid, "stat"), 47, &start, 1))
		start = 0;
	/* It may run another program by now. */
	rc = regions_read(regions, file, start, snap && snap->start_brk == start ? snap->brk : 0);
	fclose(file);
	/* Of a process that has ended the file is empty. */
	return rc ?: regions->n ? 0 : -ESRCH;
}

void regions_free(struct regions *regions)
{
	free(regions->all);
	*regions = (struct regions){ .n = 0 };
}
