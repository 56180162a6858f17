// SPDX-License-Identifier: GPL-2.0
/*
 * growers [STEP]... - the heap grows by three functions, one that leaks, one
 * that grows, one that frees again, without frame pointers. Before it ends it
 * says of each how many bytes the break moved up in it, in whole pages.
 *
 *	pause		say "ready" and wait for a line
 *	leave		the main thread exits, another one does what follows
 *	leak, grow, churn, deep, thread, größe_大きさ
 *	ask		for more than there can be, which is refused
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOINLINE	__attribute__((noinline, noclone))
/* Or the function jumps to the last that it calls, and is active no more. */
#define NOT_AT_END()	asm volatile("" ::: "memory")

enum { LEAK, GROW, CHURN, DEEP, THREAD, UNICODE, WAYS };

static const char *const names[WAYS] = { "leak", "grow", "churn", "deep", "thread", "größe_大きさ" };
static uintptr_t grown[WAYS], page;

static uintptr_t end(void)
{
	return ((uintptr_t)sbrk(0) + page - 1) & -page;
}

static void count(int way, uintptr_t before)
{
	uintptr_t now = end();

	if (now > before)
		grown[way] += now - before;
}

static NOINLINE void *allocate(size_t size)
{
	void *block = malloc(size);

	if (!block)
		abort();
	NOT_AT_END();
	return block;
}

static NOINLINE void leak(void)
{
	for (int i = 0; i < 20; i++) {
		uintptr_t before = end();

		memset(allocate(50000), 1, 50000);
		count(LEAK, before);
	}
}

/* As of a C++ compiler. */
static void more(intptr_t size) __asm__("_ZN4heap4moreEl");

static NOINLINE void more(intptr_t size)
{
	if (sbrk(size) == (void *)-1)
		abort();
	NOT_AT_END();
}

static NOINLINE void grow(void)
{
	for (int i = 0; i < 8; i++) {
		uintptr_t before = end();

		more(10000 * (i + 1));
		count(GROW, before);
	}
}

static NOINLINE void churn(void)
{
	for (int i = 0; i < 3; i++) {
		uintptr_t before = end();
		void *block = allocate(4000000);

		count(CHURN, before);
		free(block);
	}
}

/* More stack than is copied. */
static NOINLINE void deep(int depth)
{
	volatile char room[8192];
	uintptr_t before = end();

	room[0] = 1;
	if (depth) {
		deep(depth - 1);
	} else {
		more(40960);
		count(DEEP, before);
	}
	room[1] = room[0];
}

static NOINLINE void größe_大きさ(void)
{
	uintptr_t before = end();

	more(20480);
	count(UNICODE, before);
}

static NOINLINE void ask(void)
{
	if (sbrk((intptr_t)1 << 46) != (void *)-1)
		abort();
	NOT_AT_END();
}

static int to_thread[2], from_thread[2];

static NOINLINE void by_thread(void)
{
	uintptr_t before = end();

	more(12288);
	count(THREAD, before);
}

static void *thread_main(void *arg)
{
	char c;

	while (read(to_thread[0], &c, 1) == 1) {
		by_thread();
		if (write(from_thread[1], &c, 1) != 1)
			abort();
	}
	return arg;
}

static void start_thread(void)
{
	pthread_t thread;

	if (pipe(to_thread) || pipe(from_thread) || pthread_create(&thread, NULL, thread_main, NULL))
		abort();
}

static void ask_thread(void)
{
	char c = 0;

	if (write(to_thread[1], &c, 1) != 1 || read(from_thread[0], &c, 1) != 1)
		abort();
}

static void take_break(void)
{
	char c;

	if (write(1, "ready\n", 6) != 6 || read(0, &c, 1) < 0)
		abort();
}

static NOINLINE void step(const char *word)
{
	if (!strcmp(word, "pause"))
		take_break();
	else if (!strcmp(word, "leak"))
		leak();
	else if (!strcmp(word, "grow"))
		grow();
	else if (!strcmp(word, "churn"))
		churn();
	else if (!strcmp(word, "deep"))
		deep(8);
	else if (!strcmp(word, "ask"))
		ask();
	else if (!strcmp(word, "thread"))
		ask_thread();
	else if (!strcmp(word, names[UNICODE]))
		größe_大きさ();
	else
		abort();
	NOT_AT_END();
}

static void *go_on(void *words);

static void leave(char **words)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, go_on, words))
		abort();
	syscall(SYS_exit, 0);
}

static NOINLINE void perform(char **words)
{
	for (char **word = words; *word; word++) {
		if (!strcmp(*word, "leave"))
			leave(word + 1);
		step(*word);
	}
	for (int i = 0; i < WAYS; i++)
		dprintf(1, "%s %lu\n", names[i], (unsigned long)grown[i]);
}

static void *go_on(void *words)
{
	perform(words);
	exit(0);
}

int main(int argc, char **argv)
{
	page = (uintptr_t)sysconf(_SC_PAGESIZE);
	/* All by the break, and back at once. */
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 0);
	for (int i = 1; i < argc && !to_thread[1]; i++)
		if (!strcmp(argv[i], "thread"))
			start_thread();
	perform(argv + 1);
	return 0;
}
