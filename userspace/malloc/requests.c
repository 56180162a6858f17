// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/by-pid.h"
#include "common/complain.h"
#include "malloc/library.h"
#include "malloc/probes.h"
#include "malloc/requests.h"

/* ---- functions ---- */

enum { NONE = -1, FIRST, SECOND, THIRD };	/* arguments, in the order of the registers that are sampled */

static const struct {
	int first, second;	/* to be shown; pointers are not */
} arguments[FUNCTIONS] = {
	[MALLOC] = { FIRST, NONE }, [CALLOC] = { FIRST, SECOND }, [REALLOC] = { SECOND, NONE },
	[MEMALIGN] = { FIRST, SECOND }, [ALIGNED_ALLOC] = { FIRST, SECOND }, [POSIX_MEMALIGN] = { SECOND, THIRD },
};

/* Bits of the registers that the first three arguments and the stack pointer are in, see asm/perf_regs.h. */
#ifdef __x86_64__
#define REGISTERS	(1u << 5 | 1u << 4 | 1u << 3)
/* In the order of their numbers. */
static const int places[] = { [FIRST] = 2, [SECOND] = 1, [THIRD] = 0 };
#else
#define REGISTERS	0u
static const int places[] = { 0, 0, 0 };
#endif

/* ---- threads ---- */

/* A call begins or ends. */
struct step {
	uint64_t time_ns;
	unsigned int function;	/* from 1 on */
	bool ends;
	uint64_t first, second, caller;
};

struct caller {
	struct pid_entry entry;
	struct step *steps;
	size_t next, n, room;
	struct step now;	/* which it is in, or without a function */
};

struct requests {
	struct libraries libraries;
	struct {
		uint64_t id;
		unsigned int function;
		bool ends;
	} *ids;
	size_t n_ids, ids_room;
	struct pid_table callers;
};

static void add_step(struct requests *requests, pid_t tid, const struct step *step)
{
	struct caller *caller = pid_get(&requests->callers, (uint64_t)tid, sizeof(*caller));
	size_t i = caller->n;

	(void)array_add(caller->steps, caller->n, caller->room);
	/* What it did on another CPU before may be read after it. */
	for (; i > caller->next && caller->steps[i - 1].time_ns > step->time_ns; i--)
		caller->steps[i] = caller->steps[i - 1];
	caller->steps[i] = *step;
}

/* Of malloc inside another one nothing is shown. A thread that was attached twice does all of it twice. */
static void take_step(struct caller *caller, const struct step *step)
{
	const unsigned int inside = caller->now.function;

	if (!step->ends && (step->function != MALLOC + 1 || !inside || inside == MALLOC + 1))
		caller->now = *step;
	else if (step->ends && step->function == inside)
		caller->now.function = 0;
}

static void advance(struct caller *caller, uint64_t time_ns)
{
	while (caller->next < caller->n && caller->steps[caller->next].time_ns <= time_ns)
		take_step(caller, &caller->steps[caller->next++]);
	/* Of a thread that always calls some are always left. */
	if (caller->next > caller->n / 2) {
		caller->n -= caller->next;
		memmove(caller->steps, caller->steps + caller->next, caller->n * sizeof(*caller->steps));
		caller->next = 0;
	}
}

bool requests_at(struct requests *requests, pid_t tid, uint64_t time_ns, char *text, uint64_t *address)
{
	struct caller *caller = pid_find(&requests->callers, (uint64_t)tid);
	const struct step *now;
	int len;

	if (!caller)
		return false;
	advance(caller, time_ns);
	now = &caller->now;
	if (!now->function)
		return false;
	len = snprintf(text, REQUEST_MAX, "%s(%" PRIu64, function_names[now->function - 1], now->first);
	if (arguments[now->function - 1].second != NONE)
		len += snprintf(text + len, REQUEST_MAX - (size_t)len, ", %" PRIu64, now->second);
	snprintf(text + len, REQUEST_MAX - (size_t)len, ")");
	*address = now->caller;
	return true;
}

struct until {
	struct requests *requests;
	uint64_t time_ns;
};

static void advance_one(void *owner, void *entry)
{
	const struct until *until = owner;

	advance(entry, until->time_ns);
}

void requests_forget_until(struct requests *requests, uint64_t time_ns)
{
	struct until until = { requests, time_ns };

	pid_visit(&requests->callers, advance_one, &until);
}

static void forget(void *owner, void *entry)
{
	struct requests *requests = owner;
	struct caller *caller = entry;

	free(caller->steps);
	pid_drop(&requests->callers, caller);
}

void requests_forget(struct requests *requests, pid_t tid)
{
	struct caller *caller = pid_find(&requests->callers, (uint64_t)tid);

	if (caller)
		forget(requests, caller);
}

/* ---- samples ---- */

/* As they are asked for below: of an end there are only the first three. */
struct sample {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t time, id;
	uint64_t abi, registers[3];
	uint64_t size, stack;
};

void requests_take(struct requests *requests, const struct perf_event_header *header)
{
	const struct sample *sample = (const struct sample *)(const void *)header;
	struct step step = { .time_ns = sample->time };
	size_t low = 0, high = requests->n_ids;

	/* The kernel counts them. */
	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (requests->ids[middle].id < sample->id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == requests->n_ids || requests->ids[low].id != sample->id)
		return;
	step.function = requests->ids[low].function;
	step.ends = requests->ids[low].ends;
	if (!step.ends) {
		if (sample->header.size < sizeof(*sample) || !sample->abi)
			return;
		step.first = sample->registers[places[arguments[step.function - 1].first]];
		if (arguments[step.function - 1].second != NONE)
			step.second = sample->registers[places[arguments[step.function - 1].second]];
		step.caller = sample->stack;
	}
	add_step(requests, (pid_t)sample->tid, &step);
}

/* An end may be among them. */
void requests_lose(struct requests *requests)
{
	pid_visit(&requests->callers, forget, requests);
}

/* ---- events ---- */

static int add_event(struct requests *requests, struct cpu_rings *rings, bool children, size_t function, int probe,
		     bool ends, pid_t tid, size_t cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .config = (uint64_t)probe, .sample_period = 1,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID,
	};
	uint64_t id = 0;
	int fd, rc;

	if (!ends) {
		attr.sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		attr.sample_regs_user = REGISTERS;
		attr.sample_stack_user = sizeof(uint64_t);
	}
	fd = rings_event(rings, &attr, children, tid, cpu);
	if (fd < 0)
		return fd;
	rc = rings_add(rings, cpu, fd);
	if (!rc && ioctl(fd, PERF_EVENT_IOC_ID, &id))
		rc = -errno;
	if (rc)
		return rc;
	/* They are in order: the kernel counts up. */
	(void)array_add(requests->ids, requests->n_ids, requests->ids_room);
	requests->ids[requests->n_ids - 1].id = id;
	requests->ids[requests->n_ids - 1].function = (unsigned int)function + 1;
	requests->ids[requests->n_ids - 1].ends = ends;
	return 0;
}

int requests_add(struct requests *requests, struct cpu_rings *rings, bool children, const struct library *library,
		 pid_t tid, size_t cpu)
{
	int rc = 0;

	for (size_t i = 0; i < FUNCTIONS; i++)
		for (int ends = 0; ends < 2 && library->probes[i][ends] && !rc; ends++)
			rc = add_event(requests, rings, children, i, library->probes[i][ends], ends, tid, cpu);
	return rc;
}

/* ---- begin and end ---- */

const struct library *requests_library(struct requests *requests, pid_t pid)
{
	return library_of(&requests->libraries, pid ?: getpid());
}

struct requests *requests_open(void)
{
	if (!REGISTERS) {
		warn_user("--malloc works on x86-64 only");
		return NULL;
	}
	probes_remove(getpid());
	return needed(calloc(1, sizeof(struct requests)));
}

void requests_close(struct requests *requests)
{
	probes_remove(getpid());
	pid_visit(&requests->callers, forget, requests);
	libraries_free(&requests->libraries);
	free(requests->ids);
	free(requests);
}
