// SPDX-License-Identifier: GPL-2.0
/*
 * hogs crowd N USERS PAGES - N processes of USERS users, from 1000 on (0: of
 *	whoever starts it), that are inside brk nearly all the time: nice 19, all
 *	memory locked, so many pages up and down
 * hogs one N - N calls, a page up, a page down, with a moment between
 *
 * Both say "ready" when they have begun, and stop when told or when done; then
 * they say "child PID CALLS" for each process, "stopped", and stay until their
 * input ends.
 */
#include <grp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct process {
	pid_t pid;
	atomic_long calls;
	atomic_bool stopped;
};

static struct {
	atomic_bool stop;
	atomic_long begun;
	struct process process[];
} *shared;

static void say(const char *line)
{
	if (write(1, line, strlen(line)) < 0)
		_exit(3);
}

static void moment(long ms)
{
	nanosleep(&(struct timespec) { ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static bool become(uid_t uid)
{
	return !setgroups(0, NULL) && !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid);
}

static void be_one(struct process *me, size_t size)
{
	uintptr_t low = syscall(SYS_brk, 0);

	me->calls = 1;
	for (; !shared->stop; me->calls++) {
		syscall(SYS_brk, me->calls & 1 ? low + size : low);
		if (me->calls == 1)
			shared->begun++;
	}
	me->stopped = true;
	pause();
}

static void crowd(long n, long users, size_t size)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &none);
	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			_exit(2);
		if (pid) {
			shared->process[i].pid = pid;
			continue;
		}
		if ((users && !become(1000 + i % users)) || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
		    setpriority(PRIO_PROCESS, 0, 19) || mlockall(MCL_FUTURE))
			_exit(2);
		be_one(&shared->process[i], size);
	}
	while (shared->begun < n)
		moment(10);
}

static void report(long n)
{
	char line[80];

	for (long i = 0; i < n; i++) {
		while (!shared->process[i].stopped)
			moment(1);
		snprintf(line, sizeof(line), "child %d %ld\n", shared->process[i].pid,
			 (long)shared->process[i].calls);
		say(line);
	}
	say("stopped\n");
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;
	char c;

	if (n < 1)
		return 2;
	shared = mmap(NULL, sizeof(*shared) + n * sizeof(struct process), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 2;
	if (!strcmp(argv[1], "crowd") && argc == 5) {
		crowd(n, atol(argv[3]), atol(argv[4]) * 4096);
		say("ready\n");
		if (read(0, &c, 1) == 1) {
			shared->stop = true;
			report(n);
		}
		while (read(0, &c, 1) > 0)
			;
		for (long i = 0; i < n; i++)
			kill(shared->process[i].pid, SIGKILL);
		while (wait(NULL) > 0)
			;
		return 0;
	}
	shared->process[0].pid = getpid();
	say("ready\n");
	uintptr_t low = syscall(SYS_brk, 0);

	for (long i = 0; i < n; i++) {
		syscall(SYS_brk, i & 1 ? low : low + 4096);
		moment(1);
	}
	shared->process[0].calls = n + 1;
	shared->process[0].stopped = true;
	report(1);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
