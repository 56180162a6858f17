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

/* What threads share. */
struct shared {
	struct pid_entry entry;
	bool wanted;		/* a look */
	struct look *looks;	/* the newest last */
	size_t n, room;
};

struct thread {
	struct pid_entry entry;
	uint64_t process;
	bool known;		/* that */
	bool mapping;		/* a file */
	struct facts facts;
	unsigned int facts_pass;
};

static struct thread *get(struct names *names, pid_t tid)
{
	return pid_get(&names->threads, (uint64_t)tid, sizeof(struct thread));
}

static void want(struct names *names, uint64_t process)
{
	struct shared *shared = pid_get(&names->processes, process, sizeof(*shared));

	shared->wanted = true;
}

void names_task(struct names *names, pid_t tid, uint64_t process)
{
	struct thread *thread = get(names, tid);

	thread->process = process;
	thread->known = true;
}

bool names_process(const struct names *names, pid_t tid, uint64_t *process)
{
	const struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	if (thread && thread->known)
		*process = thread->process;
	return thread && thread->known;
}

/* The mapping is made after the first event of the call, which may be read before that; or it is gone soon after. */
void names_wanted(struct names *names, pid_t tid, uint64_t process)
{
	get(names, tid)->mapping = true;
	want(names, process);
}

void names_mapped(struct names *names, pid_t tid, uint64_t process)
{
	struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	if (thread && thread->mapping)
		want(names, process);
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
	struct shared *shared = entry;

	(void)owner;
	if (!shared->wanted)
		return;
	shared->wanted = false;
	if (!regions_of(&look.regions, (pid_t)shared->entry.pid, "maps", NULL)) {
		look.end = clock_ns();
		*array_add(shared->looks, shared->n, shared->room) = look;
	} else {
		regions_free(&look.regions);
	}
}

void names_look(struct names *names)
{
	names->pass++;
	pid_visit(&names->processes, look, names);
}

/* The first look since then: those before it are not asked for any more. */
static const struct look *look_since(struct shared *shared, uint64_t since)
{
	size_t n = 0;

	while (n < shared->n && shared->looks[n].begin < since)
		regions_free(&shared->looks[n++].regions);
	shared->n -= n;
	if (n && shared->n)
		memmove(shared->looks, shared->looks + n, shared->n * sizeof(*shared->looks));
	return shared->n ? shared->looks : NULL;
}

const char *names_file(const struct names *names, uint64_t process, uint64_t address, uint64_t since,
		       uint64_t *until)
{
	struct shared *shared = pid_find(&names->processes, process);
	const struct look *look = shared ? look_since(shared, since) : NULL;

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

static void forget_shared(void *owner, void *entry)
{
	struct names *names = owner;
	struct shared *shared = entry;

	look_since(shared, UINT64_MAX);
	free(shared->looks);
	pid_drop(&names->processes, shared);
}

void names_forget_process(struct names *names, uint64_t process)
{
	struct shared *shared = pid_find(&names->processes, process);

	if (shared)
		forget_shared(names, shared);
}

static void forget_thread(void *owner, void *entry)
{
	struct names *names = owner;

	pid_drop(&names->threads, entry);
}

void names_forget(struct names *names, pid_t tid)
{
	struct thread *thread = pid_find(&names->threads, (uint64_t)tid);

	if (thread)
		forget_thread(names, thread);
}

void names_free(struct names *names)
{
	pid_visit(&names->threads, forget_thread, names);
	pid_visit(&names->processes, forget_shared, names);
}
