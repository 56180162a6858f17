// SPDX-License-Identifier: GPL-2.0
/*
 * crowd stay N [CALLS]	N processes, each of which makes so many brk calls, says
 *			"child <pid> <break> <calls>", and stays
 * crowd storm N [STAY]	N processes, 16 at a time, which exit at once, but for
 *			the last STAY
 *
 * "ready" means that all have been started. They end with the standard input.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096
#define ABREAST	16

static int end[2], started[2];

static void die(const char *what)
{
	dprintf(2, "crowd: %s: %s\n", what, strerror(errno));
	/* Whoever is there already ends with this one. */
	_exit(3);
}

static void say(const char *line, int n)
{
	if (write(1, line, n) != n)
		_exit(4);
}

static void stay(void)
{
	char c;

	close(end[1]);
	while (read(end[0], &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* Up a page, down a page, and so on. */
static void be_one_of_many(long calls)
{
	uintptr_t low = (uintptr_t)sbrk(0), brk = low;
	char line[80];

	for (long i = 0; i < calls; i++)
		brk = syscall(SYS_brk, i & 1 ? low : low + PAGE);
	say(line, snprintf(line, sizeof(line), "child %d 0x%016lx %ld\n",
			   getpid(), (long)brk, calls));
	if (write(started[1], "", 1) != 1)
		_exit(4);
	stay();
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;
	long more = argc > 3 ? atol(argv[3]) : 0;
	char c;

	if (argc < 3 || pipe(end) || pipe(started))
		return 2;
	if (!strcmp(argv[1], "stay")) {
		for (long i = 0; i < n; i++) {
			pid_t pid = fork();

			if (!pid)
				be_one_of_many(more);
			if (pid < 0 || read(started[0], &c, 1) != 1)
				die("fork");
		}
	} else {
		for (long i = 0; i < n; i++) {
			pid_t pid = fork();

			if (!pid && i < n - more)
				_exit(0);
			if (!pid)
				stay();
			if (pid < 0)
				die("fork");
			if (i >= ABREAST && i < n - more && wait(NULL) < 0)
				die("wait");
		}
	}
	say("ready\n", 6);
	while (read(0, &c, 1) > 0)
		;
	close(end[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
