// SPDX-License-Identifier: GPL-2.0
/*
 * soak N - N processes that call brk all the time, and fork others that do
 *
 * All but every fourth lock their memory, so that their calls last: the kernel
 * clears the new pages in them. Says "child <pid>" of each and "ready"; at the
 * first character of its input they begin, at the second they stop and it says
 * "calls <number>", which they have counted themselves. They end with the input.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096UL
#define MOST	256	/* processes */

struct shared {
	volatile bool stop;
	atomic_int stopped;	/* processes that make no more calls, nor do those they forked */
	volatile long calls[MOST];
};

static struct shared *shared;

static void die(const char *what)
{
	perror(what);
	kill(0, SIGKILL);
}

static unsigned int dice(void)
{
	static unsigned int state = 1;

	state = state * 1103515245 + 12345;
	return state >> 8;
}

static void call(volatile long *calls, uintptr_t low)
{
	static const uintptr_t pages[] = { 1, 0, 200, 33, 0, 2, 100, 0 };
	unsigned int r = dice() % 10;

	++*calls;
	syscall(SYS_brk, r < 8 ? low + pages[r] * PAGE : r == 8 ? 0 : 1);
}

static void child(int i, uintptr_t low, int begin, int end)
{
	volatile long *calls = &shared->calls[i];
	char c;

	if (read(begin, &c, 1) != 1)
		die("read");
	if (i % 4 && mlockall(MCL_FUTURE))
		die("mlockall");
	for (unsigned int n = 1; !shared->stop; n++) {
		call(calls, low);
		if (n % 100 == 0) {
			pid_t pid = fork();

			if (pid < 0)
				die("fork");
			if (!pid) {
				for (int j = 0; j < 5; j++)
					call(calls, low);
				_exit(0);
			}
			waitpid(pid, NULL, 0);
		}
	}
	atomic_fetch_add(&shared->stopped, 1);
	while (read(end, &c, 1) > 0)
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0, begin[2], end[2];
	uintptr_t low = (uintptr_t)sbrk(0);
	long calls = 0;
	char c;

	/* die() is for all of them, and them alone. */
	if (n < 1 || n > MOST || setpgid(0, 0))
		return 2;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(begin) || pipe(end))
		return 2;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(end[1]);
			child(i, low, begin[0], end[0]);
		}
		dprintf(1, "child %d\n", pid);
	}
	dprintf(1, "ready\n");
	if (read(0, &c, 1) != 1)
		die("read");
	for (int i = 0; i < n; i++)
		dprintf(begin[1], "x");
	if (read(0, &c, 1) != 1)
		die("read");
	shared->stop = true;
	while (atomic_load(&shared->stopped) < n)
		usleep(10000);
	for (int i = 0; i < n; i++)
		calls += shared->calls[i];
	dprintf(1, "calls %ld\n", calls);
	while (read(0, &c, 1) > 0)
		;
	close(end[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
