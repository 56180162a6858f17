// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "malloc/names.h"

/* That the kernel has mapped something. */
struct mapping {
	uint64_t time_ns, start, end;
	const char *file;
};

struct thread {
	struct pid_entry entry;
	struct mapping *mappings;	/* of files, the newest last */
	size_t n, room;
	struct facts facts;
	unsigned int facts_pass;
};

static struct thread *get(struct names *names, pid_t tid)
{
	return pid_get(&names->threads, (uint64_t)tid, sizeof(struct thread));
}

/* ---- files ---- */

int names_add(struct cpu_rings *rings, bool children, pid_t tid, size_t cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME, .mmap = 1, .mmap2 = 1, .mmap_data = 1,
	};
	const int fd = rings_event(rings, &attr, children, tid, cpu);

	return fd < 0 ? fd : rings_add(rings, cpu, fd);
}

/* As in perf_event_open(2). */
struct record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, len, offset;
	uint64_t device, inode, generation;
	uint32_t prot, flags;
	char path[];
};

void names_take(struct names *names, const struct perf_event_header *header, uint64_t time_ns)
{
	const struct record *record = (const struct record *)(const void *)header;
	struct thread *thread;

	/* "//anon" is no file. */
	if (*record->path != '/' || record->path[1] == '/')
		return;
	thread = get(names, (pid_t)record->tid);
	*array_add(thread->mappings, thread->n, thread->room) = (struct mapping){
		time_ns, record->start, record->start + record->len, intern(record->path),
	};
}

const char *names_file(struct names *names, pid_t tid, uint64_t address, uint64_t since, uint64_t until)
{
	struct thread *thread = pid_find(&names->threads, (uint64_t)tid);
	const char *file = NULL;
	size_t left = 0;

	for (size_t i = 0; thread && i < thread->n; i++) {
		const struct mapping *m = &thread->mappings[i];

		/* What it does on another CPU may be read before what it did. */
		if (m->time_ns > until)
			thread->mappings[left++] = *m;
		else if (m->time_ns >= since && m->start <= address && address < m->end)
			file = m->file;
	}
	if (thread)
		thread->n = left;
	return file;
}

/* ---- refusals ---- */

/* Of many that are refused one after another, once for all that are read together. */
void names_refused(struct names *names, pid_t tid)
{
	struct thread *thread = get(names, tid);

	if (thread->facts_pass != names->pass + 1) {
		facts_read(&thread->facts, tid);
		thread->facts_pass = names->pass + 1;
	}
}

const struct facts *names_facts(const struct names *names, pid_t tid)
{
	static const struct facts none;
	const struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	return thread ? &thread->facts : &none;
}

/* ---- the end ---- */

static void forget(void *owner, void *entry)
{
	struct names *names = owner;
	struct thread *thread = entry;

	free(thread->mappings);
	pid_drop(&names->threads, thread);
}

void names_forget(struct names *names, pid_t tid)
{
	struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	if (thread)
		forget(names, thread);
}

void names_free(struct names *names)
{
	pid_visit(&names->threads, forget, names);
}
