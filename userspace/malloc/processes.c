// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/utf8.h"
#include "common/why-not.h"
#include "explain/beside.h"
#include "libbrkwatch/internal.h"
#include "libbrkwatch/task.h"
#include "malloc/run.h"

/* What the kernel maps for a program. The rest of what is there now was mapped by calls meanwhile. */
static void keep_first(struct regions *regions, pid_t pid)
{
	char path[64], exe[4096] = "";
	size_t n = 0;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/exe", task_with_memory("/proc", pid));
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

static void note_facts(struct run *run, pid_t pid, const struct facts *facts)
{
	struct owner *owner = pid_find(&run->owners, (uint64_t)pid);

	if (owner && facts->known)
		owner->facts = *facts;
}

static void note_facts_now(struct run *run, pid_t pid)
{
	struct facts facts;

	facts_read(&facts, pid);
	note_facts(run, pid, &facts);
}

/* By what malloc can fail, or a process be killed, although nothing is refused. */
static void put_notes(const struct run *run, pid_t pid)
{
	const struct printer *printer = &run->timeline->printer;
	const struct explain_how how = { .bw = run->bw, .bytes = printer->style.bytes };
	const struct brkwatch_snapshot *snap;
	struct brkwatch_reader *reader;
	struct notes notes;

	if (!printer->style.explain)
		return;
	reader = needed(brkwatch_reader_new());
	if (!brkwatch_read(reader, run->bw, pid, &snap)) {
		notes_read(&notes, &how, snap);
		notes_explain(&notes, printer->out);
	}
	brkwatch_reader_free(reader);
}

/* What a process has mapped, and for how long that counts. */
struct reread {
	struct reread *next;
	uint64_t pid, time_ns;
	uint64_t start, brk, lost;
	struct regions regions;
	struct facts facts;
	bool known;
};

static void drop(struct reread *reread)
{
	regions_free(&reread->regions);
	free(reread);
}

static struct reread *read_maps(uint64_t pid, uint64_t time_ns, const struct brkwatch_snapshot *snap)
{
	struct reread *reread = needed(calloc(1, sizeof(*reread)));

	reread->pid = pid;
	reread->time_ns = time_ns;
	reread->known = !regions_of(&reread->regions, (pid_t)pid, "maps", snap);
	return reread;
}

/* ---- programs that begin ---- */

void run_see_program(struct run *run, pid_t pid, uint64_t time_ns)
{
	struct reread *program = read_maps((uint64_t)pid, time_ns, NULL);

	keep_first(&program->regions, pid);
	facts_read(&program->facts, pid);
	program->next = run->programs;
	run->programs = program;
}

static struct reread *take_program(struct run *run, uint64_t pid, uint64_t time_ns)
{
	struct reread **where = &run->programs, *program;

	while ((program = *where) && (program->pid != pid || program->time_ns != time_ns))
		where = &program->next;
	if (program)
		*where = program->next;
	return program;
}

void run_add_program(struct run *run, pid_t pid, uint64_t time_ns)
{
	struct reread *program = time_ns ? take_program(run, (uint64_t)pid, time_ns) : read_maps((uint64_t)pid, 0, NULL);

	if (program && time_ns)
		note_facts(run, pid, &program->facts);
	else
		note_facts_now(run, pid);
	if (program && program->known) {
		timeline_mappings(run->timeline, (uint64_t)pid, &program->regions, 0, 0);
		timeline_loading(run->timeline, (uint64_t)pid);
	}
	if (program)
		drop(program);
	put_notes(run, pid);
}

/* ---- processes that run ---- */

bool run_add_process(struct run *run, pid_t pid, struct brkwatch_reader *reader)
{
	const struct brkwatch_snapshot *snap;
	char name[sizeof(snap->name)];
	struct reread *now;
	int rc = brkwatch_read(reader, run->bw, pid, &snap);

	if (rc) {
		complain_of_process(run->bw, pid, rc, brkwatch_problem(reader));
		return false;
	}
	note_facts_now(run, pid);
	name_unescape(name, snap->name);
	timeline_start(run->timeline, (uint64_t)pid, 0, name);
	put_notes(run, pid);
	now = read_maps((uint64_t)pid, 0, snap);
	if (now->known)
		timeline_mappings(run->timeline, (uint64_t)pid, &now->regions, snap->start_brk, snap->brk);
	drop(now);
	return true;
}

/* ---- after losses ---- */

struct losses {
	struct run *run;
	struct brkwatch_reader *reader;
	uint64_t count;
};

static void reread_one(void *owner, void *entry)
{
	const struct brkwatch_snapshot *snap;
	const struct owner *process = entry;
	const struct losses *losses = owner;
	const uint64_t time_ns = clock_ns();
	struct run *run = losses->run;
	struct reread *reread = NULL;

	/* It may have ended; otherwise it was in the maps later than at that time. */
	if (!brkwatch_read(losses->reader, run->bw, (pid_t)process->entry.pid, &snap))
		reread = read_maps(process->entry.pid, time_ns, snap);
	if (!reread || !reread->known) {
		run->unread = true;
		if (reread)
			drop(reread);
		return;
	}
	reread->start = snap->start_brk;
	reread->brk = snap->brk;
	reread->lost = losses->count;
	*run->next = reread;
	run->next = &reread->next;
}

void run_reread(struct run *run)
{
	const uint64_t lost = trace_lost(run->trace);
	struct losses losses = { run, needed(brkwatch_reader_new()), lost - run->lost };

	run->gaps = trace_gaps(run->trace);
	run->lost = lost;
	run->unread = false;
	pid_visit(&run->owners, reread_one, &losses);
	brkwatch_reader_free(losses.reader);
}

void run_reread_until(struct run *run, uint64_t time_ns)
{
	struct reread *reread;

	while ((reread = run->rereads) && reread->time_ns <= time_ns) {
		run->rereads = reread->next;
		if (!run->rereads)
			run->next = &run->rereads;
		if (pid_find(&run->owners, reread->pid))
			timeline_reread(run->timeline, reread->pid, &reread->regions, reread->start, reread->brk,
					reread->lost);
		drop(reread);
	}
}

void run_forget_rereads(struct run *run)
{
	struct reread *reread;

	while ((reread = run->programs)) {
		run->programs = reread->next;
		drop(reread);
	}
	while ((reread = run->rereads)) {
		run->rereads = reread->next;
		drop(reread);
	}
}
