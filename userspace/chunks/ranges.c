// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunks/ranges.h"
#include "libbrkwatch/task.h"

/* START-END PERMISSIONS OFFSET DEVICE INODE [NAME] */
static bool parse(struct range *range, char *line)
{
	char permissions[8];
	uint64_t inode;
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %" SCNu64 " %n", &range->start,
		   &range->end, permissions, &range->offset, &inode, &at) < 5 || !at)
		return false;
	line[strcspn(line, "\n")] = '\0';
	range->name = line + at;
	range->writable = permissions[1] == 'w';
	range->anonymous = !inode;
	return true;
}

int ranges_each(pid_t pid, bool (*take)(void *owner, const struct range *range), void *owner)
{
	FILE *file = task_open(pid, "maps");
	struct range range;
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return -errno;
	while (getline(&line, &room, file) > 0 && parse(&range, line) && take(owner, &range))
		;
	free(line);
	fclose(file);
	return 0;
}

struct search {
	uint64_t address;
	char *name;
	size_t size;
	uint64_t *offset;
	bool found;
};

static bool take_file(void *owner, const struct range *range)
{
	struct search *search = owner;

	if (search->address < range->start || search->address >= range->end)
		return search->address >= range->end;
	search->found = !range->anonymous;
	snprintf(search->name, search->size, "%s", range->name);
	*search->offset = search->address - range->start + range->offset;
	return false;
}

bool ranges_find_file(pid_t pid, uint64_t address, char *name, size_t size, uint64_t *offset)
{
	struct search search = { address, name, size, offset, false };

	ranges_each(pid, take_file, &search);
	return search.found;
}
