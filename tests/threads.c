// SPDX-License-Identifier: GPL-2.0
/*
 * threads THREADS CALLS SECONDS - threads race in raw brk calls: growing,
 * shrinking, moving, asking, and refused for three reasons.
 *
 * Says "ready", waits for a byte on stdin, and prints when all is over, for
 * each call in the order of its thread,
 *
 *	<tid> <request> <result> <reason if it must be refused, or ->
 *
 * and "brk <address>", where the break is in the end. Stops after CALLS calls
 * of each thread or SECONDS, whichever comes first.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MIB	(1ul << 20)
#define PAGE	4096ul
#define ALONE	200

struct call {
	uintptr_t request, result;
	const char *reason;
};

struct caller {
	pthread_t thread;
	pid_t tid;
	bool first;
	unsigned int seed;
	long n;
	struct call *calls;
};

static uintptr_t start;
static long max_calls;
static time_t end;
static volatile bool go, all_go;

static struct call choose(unsigned int *seed)
{
	unsigned int r = rand_r(seed);

	switch (r % 16) {
	case 0:
	case 1:
	case 2:
		return (struct call) { 0, 0, "-" };
	case 3:
		return (struct call) { 1 + r % 4096, 0, "below_start" };
	case 4:
		return (struct call) { start + 512 * MIB, 0, "rlimit_data" };
	case 5:
		return (struct call) { start + 96 * MIB, 0, "next_mapping" };
	default:
		return (struct call) { start + (r >> 4) % (32 * PAGE), 0, "-" };
	}
}

static void *run(void *data)
{
	struct caller *caller = data;

	caller->tid = gettid();
	while (caller->first ? !go : !all_go)
		;
	while (caller->n < max_calls && time(NULL) < end) {
		struct call call = choose(&caller->seed);

		call.result = syscall(SYS_brk, call.request);
		caller->calls[caller->n++] = call;
		/* The first begins alone: these calls overlap nobody's. */
		if (caller->n == ALONE)
			all_go = true;
	}
	/* The time may have ended before. */
	all_go = true;
	return NULL;
}

static void *map(uintptr_t where, size_t size)
{
	void *at = mmap((void *)where, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS |
			(where ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (at == MAP_FAILED)
		_exit(3);
	return at;
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? atoi(argv[1]) : 0;
	struct caller *callers;
	struct rlimit limit;
	void *volatile block;
	char c;

	if (!n)
		return 2;
	max_calls = atol(argv[2]);
	callers = map(0, n * sizeof(*callers));
	for (int i = 0; i < n; i++) {
		callers[i].first = !i;
		callers[i].seed = i + 1;
		callers[i].calls = map(0, max_calls * sizeof(struct call));
	}
	/* The C library's heap stays below, and has room for all it wants. */
	block = malloc(1);
	(void)block;
	start = (syscall(SYS_brk, 0) + PAGE - 1) & -PAGE;
	syscall(SYS_brk, start);
	map(start + 64 * MIB, PAGE);
	getrlimit(RLIMIT_DATA, &limit);
	limit.rlim_cur = 256 * MIB + n * 64 * MIB + max_calls * sizeof(struct call) * n;
	if (limit.rlim_cur > 500 * MIB)
		limit.rlim_cur = 500 * MIB;
	if (setrlimit(RLIMIT_DATA, &limit))
		return 3;

	if (write(1, "ready\n", 6) != 6 || read(0, &c, 1) != 1)
		return 4;
	end = time(NULL) + atoi(argv[3]);
	for (int i = 0; i < n; i++)
		if (pthread_create(&callers[i].thread, NULL, run, &callers[i]))
			return 5;
	go = true;
	for (int i = 0; i < n; i++)
		pthread_join(callers[i].thread, NULL);

	start = syscall(SYS_brk, 0);
	for (int i = 0; i < n; i++)
		for (long j = 0; j < callers[i].n; j++) {
			char line[128];
			const struct call *call = &callers[i].calls[j];
			int len = snprintf(line, sizeof(line), "%d %#lx %#lx %s\n",
					   callers[i].tid, (long)call->request,
					   (long)call->result, call->reason);

			if (write(1, line, len) != len)
				return 4;
		}
	dprintf(1, "brk %#lx\n", (long)start);
	return 0;
}
