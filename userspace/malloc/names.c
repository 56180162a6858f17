// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "common/complain.h"
#include "libbrkwatch/internal.h"
#include "malloc/maps.h"
#include "malloc/names.h"

/* What was mapped between two times. */
struct look {
	uint64_t begin, end;
	struct regions regions;
};

struct thread {
	struct pid_entry entry;
	bool wanted;		/* a look */
	bool mapping;		/* a file */
	struct look *looks;	/* the newest last */
	size_t n, room;
	struct facts facts;
	unsigned int facts_pass;
};

static struct thread *get(struct names *names, pid_t tid)
{
	return pid_get(&names->threads, (uint64_t)tid, sizeof(struct thread));
}

/* The mapping is made after the first event of the call, which may be read before that; or it is gone soon after. */
void names_wanted(struct names *names, pid_t tid)
{
	struct thread *thread = get(names, tid);

	thread->wanted = thread->mapping = true;
}

void names_mapped(struct names *names, pid_t tid)
{
	struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	if (thread && thread->mapping)
		thread->wanted = true;
	if (thread)
		thread->mapping = false;
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

static void look(void *owner, void *entry)
{
	struct look look = { .begin = clock_ns() };
	struct thread *thread = entry;

	(void)owner;
	if (!thread->wanted)
		return;
	thread->wanted = false;
	if (!regions_of(&look.regions, (pid_t)thread->entry.pid, "maps", NULL)) {
		look.end = clock_ns();
		*array_add(thread->looks, thread->n, thread->room) = look;
	} else {
		regions_free(&look.regions);
	}
}

void names_look(struct names *names)
{
	names->pass++;
	pid_visit(&names->threads, look, names);
}

/* The first look since then: those before it are not asked for any more. */
static const struct look *look_since(struct thread *thread, uint64_t since)
{
	size_t n = 0;

	while (n < thread->n && thread->looks[n].begin < since)
		regions_free(&thread->looks[n++].regions);
	thread->n -= n;
	if (n && thread->n)
		memmove(thread->looks, thread->looks + n, thread->n * sizeof(*thread->looks));
	return thread->n ? thread->looks : NULL;
}

const char *names_file(const struct names *names, pid_t tid, uint64_t address, uint64_t since, uint64_t *until)
{
	struct thread *thread = pid_find(&names->threads, (uint64_t)tid);
	const struct look *look = thread ? look_since(thread, since) : NULL;

	if (!look)
		return NULL;
	*until = look->end;
	for (size_t i = 0; i < look->regions.n; i++) {
		const struct region *r = &look->regions.all[i];

		if (r->start <= address && address < r->end)
			return *r->name == '/' ? r->name : NULL;
	}
	return NULL;
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

	look_since(thread, UINT64_MAX);
	free(thread->looks);
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
