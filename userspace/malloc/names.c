// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "common/complain.h"
#include "malloc/maps.h"
#include "malloc/names.h"

/* The mapping is made after the first event of the call, which may be read before that. */
#define LOOKS	2

struct mapped {
	uint64_t start, end;
	const char *file;
};

struct thread {
	struct pid_entry entry;
	unsigned int looks;	/* that are still to be done */
	struct mapped *files;	/* the newest last */
	size_t n, room;
	struct facts facts;
	unsigned int facts_pass;
};

static struct thread *get(struct names *names, pid_t tid)
{
	return pid_get(&names->threads, (uint64_t)tid, sizeof(struct thread));
}

void names_wanted(struct names *names, pid_t tid)
{
	get(names, tid)->looks = LOOKS;
}

/* Of many that are refused one after another, once for all that are read together. */
void names_refused(struct names *names, pid_t tid)
{
	struct thread *thread = get(names, tid);

	if (thread->facts_pass != names->pass + 1) {
		facts_read(&thread->facts, tid);
		thread->facts_pass = names->pass + 1;
	}
}

static struct mapped *find(const struct thread *thread, uint64_t address)
{
	for (size_t i = thread->n; i--;)
		if (thread->files[i].start <= address && address < thread->files[i].end)
			return &thread->files[i];
	return NULL;
}

static void look(void *owner, void *entry)
{
	struct regions regions = { .n = 0 };
	struct thread *thread = entry;

	(void)owner;
	if (!thread->looks)
		return;
	thread->looks--;
	if (regions_of(&regions, (pid_t)thread->entry.pid, "maps"))
		regions.n = 0;
	for (size_t i = 0; i < regions.n; i++) {
		const struct region *r = &regions.all[i];
		const struct mapped *known = *r->name == '/' ? find(thread, r->start) : NULL;

		if (*r->name != '/' || (known && known->file == r->name && known->end >= r->end))
			continue;
		*array_add(thread->files, thread->n, thread->room) = (struct mapped){ r->start, r->end, r->name };
	}
	regions_free(&regions);
}

void names_look(struct names *names)
{
	names->pass++;
	pid_visit(&names->threads, look, names);
}

const char *names_file(const struct names *names, pid_t tid, uint64_t address)
{
	const struct thread *thread = pid_find(&names->threads, (uint64_t)tid);
	const struct mapped *mapped = thread ? find(thread, address) : NULL;

	return mapped ? mapped->file : NULL;
}

const struct facts *names_facts(const struct names *names, pid_t tid)
{
	static const struct facts none;
	const struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	return thread ? &thread->facts : &none;
}

static void forget(void *owner, void *entry)
{
	struct names *names = owner;
	struct thread *thread = entry;

	free(thread->files);
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
