// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chunks/ranges.h"
#include "chunks/space.h"
#include "common/complain.h"
#include "common/why-not.h"
#include "libbrkwatch/task.h"

#define LOAD_TRIES	100
#define LOAD_US		1000

/* Of /proc/PID/stat, as proc(5) counts. */
#define FIELD_START_CODE	26
#define FIELD_START_BRK		47

static bool take_heap(void *owner, const struct range *range)
{
	uint64_t *end = owner;

	if (strcmp(range->name, "[heap]") != 0)
		return !*end;
	/*
	 * There may be several. Before Linux 6.6 what only touches the heap is called so, too; to its own
	 * malloc can write.
	 */
	if (range->writable)
		*end = range->end;
	return true;
}

static int read_stat(struct space *space)
{
	FILE *file = task_open(space->pid, "stat");
	char text[2048];
	uint64_t code = 0;
	const char *p;

	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	/* The name, field 2, may have anything in it. */
	p = strrchr(text, ')');
	for (unsigned int field = 2; p && field < FIELD_START_BRK; field++) {
		p = strchr(p + 1, ' ');
		if (p && field + 1 == FIELD_START_CODE)
			code = strtoull(p, NULL, 10);
	}
	if (!p)
		return -ESRCH;
	space->start_brk = strtoull(p, NULL, 10);
	if (space->start_brk)
		return 0;
	/*
	 * Who may not trace it sees 1 and 0, though with CAP_PERFMON he may read maps (since Linux 6.13). Else an
	 * exec has just made it, and not yet its heap.
	 */
	return code == 1 ? -EACCES : -EAGAIN;
}

/* The break itself only the module knows, the mapping ends with its page. */
static int read_module(struct space *space)
{
	const struct brkwatch_snapshot *snap;
	int rc = brkwatch_read(space->reader, space->bw, space->pid, &snap);

	if (rc)
		return rc;
	space->start_brk = snap->start_brk;
	space->brk = snap->brk;
	space->grown = true;
	space->steps = snap->grows;
	space->since_ns = snap->since;
	return 0;
}

int space_update(struct space *space)
{
	int rc;

	space->grown = false;
	if (space->reader && !read_module(space))
		return 0;
	rc = read_stat(space);
	space->brk = 0;
	if (!rc)
		rc = ranges_each(space->pid, take_heap, &space->brk);
	if (space->brk < space->start_brk)
		space->brk = space->start_brk;
	return rc;
}

static bool count_threads(pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return !stat(path, &st) && st.st_nlink > 3;
}

int space_begin(struct space *space)
{
	int rc = space_update(space);

	for (unsigned int tries = 0; rc == -EAGAIN && tries < LOAD_TRIES; tries++) {
		usleep(LOAD_US);
		rc = space_update(space);
	}
	if (rc)
		return rc;
	allocator_read(&space->allocator, space->pid);
	space->has_threads = count_threads(space->pid);
	return space->allocator.other_words ? -ENOEXEC : 0;
}

void space_complain(pid_t pid, int rc)
{
	if (complain_of_task(pid))
		return;
	if (rc == -ENOEXEC)
		warn_user("%d is a %d-bit program; use a brkwatch-heap that was built for such programs", pid,
			  sizeof(size_t) == 8 ? 32 : 64);
	else
		complain_of_attach(pid, "read its memory", rc);
}

bool space_open(struct space *space, const struct brkwatch *bw, pid_t pid)
{
	int rc;

	*space = (struct space){ .pid = pid, .bw = bw, .reader = bw ? brkwatch_reader_new() : NULL };
	rc = space_begin(space);
	if (rc)
		space_complain(pid, rc);
	return !rc;
}

void space_close(struct space *space)
{
	brkwatch_reader_free(space->reader);
}
