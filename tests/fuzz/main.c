// SPDX-License-Identifier: GPL-2.0
/*
 * fuzzproc SEED SECONDS [PROGRAM CALLS]... - system calls in any order on the
 * files of /proc/brkwatch, and on those whom they are about
 *
 * Workers of several threads, root's, a user's and a user's who has namespaces
 * of his own, make them and each other's children, and pass on what they have
 * open; now and then one is killed. A PROGRAM is execed with an argument and
 * makes CALLS calls of brk. SEED decides what each of them does.
 *
 * Says "ready", waits for a character, and says at last "brk N M": so many calls
 * of brk were begun and so many are known to be over, which are fewer where
 * somebody was killed; and what else was done. A file that one alone reads from
 * its beginning to its end has to be consistent, and what cannot be opened be
 * gone or another's: all else is a fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "../userns.h"
#include "fuzz.h"

#define USER		1000
#define WORKERS		6
#define THREADS		3
#define STACK		(512 << 10)

struct shared *shared;
int null, sockets[2], n_programs;
char **programs;
uintptr_t low;
bool own_mounts;
_Thread_local uint64_t state;
_Thread_local char buffer[65536];

void fuzz(long steps)
{
	static void (*const operations[])(void) = {
		do_open, do_open, do_open, do_close, do_dup, do_pass, do_fcntl, do_ioctl,
		do_read, do_read, do_read, do_read, do_splice, do_splice, do_mmap,
		do_poll, do_poll, do_epoll, do_epoll, do_epoll, do_aio, do_aio,
		do_brk, do_brk, do_brk, do_prctl, do_limit, do_namespace,
		do_fork, do_share, do_kill, do_check,
	};

	while (steps-- && !shared->stop) {
		shared->operations++;
		PICK(operations)();
	}
}

static void *thread(void *seed)
{
	state = (uintptr_t)seed;
	fuzz(-1);
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

static void work(int i, unsigned long seed)
{
	pthread_attr_t attributes;
	pthread_t threads[THREADS];
	struct sigaction action = { .sa_handler = nothing };
	int n = 0;

	if (i % 3 && (setgroups(0, NULL) || setresgid(USER, USER, USER) || setresuid(USER, USER, USER)))
		_exit(1);
	/* The user changed: its file would be root's. */
	prctl(PR_SET_DUMPABLE, 1);
	if (i % 3 == 2) {
		pid_t pid;

		if (!new_namespaces())
			_exit(1);
		pid = fork();
		if (pid) {
			waitpid(pid, NULL, 0);
			_exit(0);
		}
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		mount_own_proc();
		own_mounts = true;
	}
	sigaction(SIGALRM, &action, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	while (n < THREADS && !pthread_create(&threads[n], &attributes, thread, (void *)(seed * THREADS + n + 1)))
		n++;
	while (n-- > 0)
		pthread_join(threads[n], NULL);
	reap_all();
	_exit(0);
}

static pid_t start_worker(int i)
{
	unsigned long seed = dice(1U << 31);
	pid_t pid = fork();

	if (!pid)
		work(i, seed);
	PICK(shared->pids) = pid;
	return pid;
}

/* Workers, of which one now and then is killed and replaced. */
static void herd(int seconds)
{
	pid_t workers[WORKERS];
	struct timespec now, end;
	int i;

	for (i = 0; i < WORKERS; i++)
		workers[i] = start_worker(i);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		usleep(200000);
		i = dice(WORKERS);
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
		workers[i] = start_worker(i);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	shared->stop = true;
	for (i = 0; i < 1000 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
		usleep(10000);
	_exit(0);
}

int main(int argc, char **argv)
{
	void *volatile block;
	pid_t group;
	char c;

	if (argc < 3)
		return 2;
	programs = argv + 3;
	n_programs = (argc - 3) / 2;
	null = open("/dev/null", O_RDWR);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sockets))
		return 1;
	/* malloc, which threads need at first, has all it wants: whoever moves the break counts it. */
	mallopt(M_TOP_PAD, 1 << 20);
	mallopt(M_ARENA_MAX, 1);
	block = malloc(1);
	(void)block;
	low = (uintptr_t)sbrk(0);
	if (write(1, "ready\n", 6) != 6 || read(0, &c, 1) != 1)
		return 1;

	/* Those who lose their parents are for this one to wait for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	group = fork();
	if (!group) {
		setpgid(0, 0);
		state = strtoul(argv[1], NULL, 0) + 1;
		herd(atoi(argv[2]));
	}
	while (wait(NULL) != group)
		;
	kill(-group, SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	close(sockets[0]);
	close(sockets[1]);
	dprintf(1, "brk %ld %ld operations %ld opened %ld checked %ld processes %ld killed %ld faults %ld\n",
		shared->begun, shared->done, shared->operations, shared->opened, shared->checked,
		shared->processes, shared->killed, shared->faults);
	return shared->faults != 0;
}
