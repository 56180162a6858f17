// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "common/complain.h"
#include "malloc/probes.h"

#define GROUP	"brkwatch_malloc"
#define FILE_OF	"uprobe_events"

int probe_define(const char *file, size_t nth, const char *function, uint64_t offset, bool ends)
{
	char name[64], *text, *id;
	int number = -1;

	snprintf(name, sizeof(name), "p%d_%zu_%s_%s", getpid(), nth, function, ends ? "ends" : "begins");
	if (asprintf(&text, "%c:" GROUP "/%s %s:%#" PRIx64 "\n", ends ? 'r' : 'p', name, file, offset) < 0)
		out_of_memory();
	if (tracefs_instance_file_append(NULL, FILE_OF, text) >= 0) {
		id = tracefs_event_file_read(NULL, GROUP, name, "id", NULL);
		number = id ? atoi(id) : -1;
		free(id);
	}
	free(text);
	return number < 0 ? -(errno ?: EIO) : number;
}

static bool remove_one(const char *line, pid_t of)
{
	char name[64], text[128];
	int pid;

	if (sscanf(line, "%*[pr]:" GROUP "/%63s", name) != 1 || sscanf(name, "p%d_", &pid) != 1)
		return true;
	if (pid != of && (!kill(pid, 0) || errno != ESRCH))
		return true;
	snprintf(text, sizeof(text), "-:" GROUP "/%s\n", name);
	return tracefs_instance_file_append(NULL, FILE_OF, text) >= 0 || errno != EBUSY;
}

bool probes_remove(pid_t pid)
{
	char *all = tracefs_instance_file_read(NULL, FILE_OF, NULL), *rest = all, *line;
	bool ok = true;

	while ((line = strsep(&rest, "\n")))
		ok &= remove_one(line, pid);
	free(all);
	return ok;
}
