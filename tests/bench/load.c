// SPDX-License-Identifier: GPL-2.0
/*
 * load: the work whose cost is measured, as told by lines "WORKLOAD N" on the
 * standard input. Answers each with the CPU time that N turns took it and its
 * children, in ns. A turn is one system call, or else
 *
 *	lists	build a list of 64 blocks with malloc and free it, trimming at once
 *	exec	fork and exec a small program, wait until it exits
 *	perl	the same, with perl sorting strings
 *
 *	threads N T	N queries by T threads together
 *	paced N R	N queries, R a second, R / 1000 at a time
 */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096UL

static unsigned long base;
static const char *directory;

static unsigned long brk_call(unsigned long to)
{
	unsigned long ret;

	__asm__ volatile("syscall" : "=a" (ret) : "a" (SYS_brk), "D" (to) : "rcx", "r11", "memory");
	return ret;
}

static void must_be(unsigned long ret, unsigned long asked)
{
	if (ret != asked)
		abort();
}

static void query(long n)
{
	while (n--)
		brk_call(0);
}

/* For those who move it: at a page's start, above what malloc may have. */
static void set_base(void)
{
	base = (brk_call(0) + PAGE - 1) & -PAGE;
	must_be(brk_call(base), base);
}

static void updown(long n)
{
	set_base();
	for (n /= 2; n--;) {
		must_be(brk_call(base + PAGE), base + PAGE);
		must_be(brk_call(base), base);
	}
}

/* What malloc asks for at least; 100 times up, then all the way down. */
static void grow33(long n)
{
	long i;

	set_base();
	for (i = 1; n--; i = i == 100 ? 0 : i + 1)
		must_be(brk_call(base + i * 33 * PAGE), base + i * 33 * PAGE);
	must_be(brk_call(base), base);
}

static void other(long n)
{
	while (n--)
		syscall(SYS_getppid);
}

static void lists(long n)
{
	struct block {
		struct block *next;
		char rest[1992];
	} *first, *block;
	int i;

	/* The heap begins where the break is. */
	mallopt(M_TRIM_THRESHOLD, 0);
	mallopt(M_TOP_PAD, 0);
	while (n--) {
		first = NULL;
		for (i = 0; i < 64; i++) {
			block = malloc(sizeof(*block));
			block->next = first;
			first = block;
		}
		while ((block = first)) {
			first = block->next;
			free(block);
		}
	}
}

static void spawn(long n, char *const argv[])
{
	int status;

	while (n--) {
		pid_t child = fork();

		if (!child) {
			execv(argv[0], argv);
			_exit(127);
		}
		if (waitpid(child, &status, 0) != child || status)
			abort();
	}
}

static void exec(long n)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/true", directory);
	spawn(n, (char *[]) { name, NULL });
}

static void perl(long n)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/perl", directory);
	spawn(n, (char *[]) { name, "-e", "srand(1); @a = map { int(rand(1e9)) . 'x' x ($_ % 50) } 1..12000;"
					  "%h = map { $_ => 1 } sort @a; exit(!%h)", NULL });
}

static long each;

static void *thread(void *unused)
{
	query(each);
	return unused;
}

static void threads(long n, int count)
{
	pthread_t ids[256];
	int i;

	if (count < 1 || count > 256)
		abort();
	each = n / count;
	for (i = 0; i < count; i++)
		if (pthread_create(&ids[i], NULL, thread, NULL))
			abort();
	for (i = 0; i < count; i++)
		pthread_join(ids[i], NULL);
}

static void paced(long n, long rate)
{
	struct timespec next;
	long i;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (i = 0; i < n; i += rate / 1000) {
		query(rate / 1000);
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static long cpu_time(void)
{
	struct rusage children;
	struct timespec own;

	getrusage(RUSAGE_CHILDREN, &children);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	return own.tv_sec * 1000000000L + own.tv_nsec +
	       (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000000L +
	       (children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1000L;
}

static const struct { const char *name; void (*run)(long n); } workloads[] = {
	{ "query", query }, { "updown", updown }, { "grow33", grow33 }, { "getppid", other },
	{ "lists", lists }, { "exec", exec }, { "perl", perl },
};

int main(int argc, char **argv)
{
	static char out[64], in[64];
	char name[16];
	long n, more, begin;
	unsigned int i;

	directory = argc > 1 ? argv[1] : ".";
	/* So that nothing but the workloads moves the break. */
	setvbuf(stdout, out, _IOLBF, sizeof(out));
	setvbuf(stdin, in, _IOLBF, sizeof(in));
	printf("%d\n", getpid());
	while (scanf("%15s %ld", name, &n) == 2) {
		if ((!strcmp(name, "threads") || !strcmp(name, "paced")) && scanf("%ld", &more) != 1)
			return 2;
		begin = cpu_time();
		if (!strcmp(name, "threads"))
			threads(n, more);
		if (!strcmp(name, "paced"))
			paced(n, more);
		for (i = 0; i < sizeof(workloads) / sizeof(*workloads); i++)
			if (!strcmp(name, workloads[i].name))
				workloads[i].run(n);
		printf("%ld\n", cpu_time() - begin);
	}
	return 0;
}
