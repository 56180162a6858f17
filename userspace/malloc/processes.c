// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/utf8.h"
#include "common/why-not.h"
#include "malloc/run.h"

/* What the kernel maps for a program. The rest of what is there now was mapped by calls meanwhile. */
static void keep_first(struct regions *regions, pid_t pid)
{
	char path[64], exe[4096] = "";
	size_t n = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	len = readlink(path, exe, sizeof(exe) - 1);
	exe[len > 0 ? len : 0] = '\0';
	for (size_t i = 0; i < regions->n; i++) {
		const struct region *r = &regions->all[i];
		const char *file = r->what.file;

		if (r->what.kind == KIND_KERNEL || !strcmp(r->name, "[stack]") ||
		    (file && (!strcmp(file, exe) || (r->what.kind == KIND_LOADER && !strstr(file, "ld.so.cache")))))
			regions->all[n++] = *r;
	}
	regions->n = n;
}

void run_note_facts(struct run *run, pid_t pid)
{
	struct owner *owner = pid_find(&run->owners, (uint64_t)pid);
	struct facts facts;

	facts_read(&facts, pid);
	if (owner && facts.known)
		owner->facts = facts;
}

void run_add_program(struct run *run, pid_t pid, bool held)
{
	struct regions regions = { .n = 0 };

	run_note_facts(run, pid);
	if (!regions_of(&regions, pid, "maps")) {
		if (!held)
			keep_first(&regions, pid);
		timeline_mappings(run->timeline, (uint64_t)pid, &regions, 0, 0);
		timeline_loading(run->timeline, (uint64_t)pid);
	}
	regions_free(&regions);
}

bool run_add_process(struct run *run, pid_t pid, struct brkwatch_reader *reader)
{
	const struct brkwatch_snapshot *snap;
	struct regions regions = { .n = 0 };
	char name[sizeof(snap->name)];
	int rc = brkwatch_read(reader, run->bw, pid, &snap);

	if (rc) {
		complain_of_process(run->bw, pid, rc, brkwatch_problem(reader));
		return false;
	}
	run_note_facts(run, pid);
	name_unescape(name, snap->name);
	timeline_start(run->timeline, (uint64_t)pid, 0, name);
	if (!regions_of(&regions, pid, "maps"))
		timeline_mappings(run->timeline, (uint64_t)pid, &regions, snap->start_brk, snap->brk);
	regions_free(&regions);
	return true;
}
