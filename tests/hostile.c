// SPDX-License-Identifier: GPL-2.0
/*
 * hostile RESOURCE N - a user who takes as much as he can get
 *
 *	gone N		descriptors of N address spaces that are gone
 *	refused N	N opens of processes that are beyond the limit
 *	copies N	N descriptors of one process with a long history, of
 *			each of which he has read the beginning
 *	stopped N	N processes, each of which follows itself and stops
 *	stuck N		N threads whose read never ends, because the page that
 *			it copies to never comes
 *	threads N	N threads of one process that race in brk
 *	signals N	N processes that open, read, wait and call brk while
 *			timers interrupt and others kill them
 *	storm N		N processes that make others, each of which calls brk
 *			once, as fast as they can
 *	spaces N	follows itself from program to program, N of them, with a
 *			process that keeps the memory of each
 *	nested N	N pid namespaces, each in the one before, of WIDTH
 *			processes each
 *
 * Says "ready" when he has it, and keeps it until he is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "userns.h"

#define PAGE	4096
#define BATCH	100
#define WIDTH	10
#define CALLS	70000

static void die(const char *what)
{
	perror(what);
	exit(3);
}

static void ready(void)
{
	if (write(1, "ready\n", 6) != 6)
		exit(4);
}

static void stay(void)
{
	for (;;)
		pause();
}

/* Of what is in /proc/brkwatch; the name of a new process may come late. */
static int open_file(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/brkwatch/%s", name);
	while ((fd = open(path, O_RDONLY)) < 0 && errno == ENOENT)
		usleep(1000);
	return fd;
}

static int open_pid(pid_t pid)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", pid);
	return open_file(name);
}

static int follow_self(void)
{
	struct pollfd pfd = { .fd = open_pid(getpid()), .events = POLLIN };

	if (pfd.fd < 0 || poll(&pfd, 1, 0) < 0)
		die("follow");
	return pfd.fd;
}

static void move_break(long calls)
{
	char *low = sbrk(0);

	for (long i = 0; i < calls; i++)
		syscall(SYS_brk, i & 1 ? low : low + PAGE);
}

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static void keep_gone(int n)
{
	while (n > 0) {
		pid_t pids[BATCH];
		int i;

		for (i = 0; i < BATCH; i++) {
			pids[i] = start();
			if (!pids[i])
				stay();
		}
		for (i = 0; i < BATCH; i++)
			if (open_pid(pids[i]) >= 0)
				n--;
			else if (errno == ENOMEM || errno == EDQUOT)
				n = 0;
			else
				die("open");
		for (i = 0; i < BATCH; i++)
			kill(pids[i], SIGKILL);
		while (wait(NULL) > 0)
			;
	}
	ready();
	stay();
}

static void open_refused(int n)
{
	pid_t pids[2 * BATCH];

	for (int i = 0; i < 2 * BATCH; i++) {
		pids[i] = start();
		if (!pids[i])
			stay();
	}
	for (int i = 0; n > 0; i++) {
		int fd = open_pid(pids[i % (2 * BATCH)]);

		if (fd < 0 && errno != ENOMEM)
			die("open");
		n -= fd < 0;
		close(fd);
	}
	ready();
	stay();
}

static void keep_copies(int n)
{
	char text[PAGE];

	follow_self();
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_brk, 0);
	for (int i = 0; i < n; i++) {
		int fd = open_pid(getpid());

		/* Refused is as good for the others as given. */
		if (fd < 0 && errno != ENOMEM)
			die("open");
		if (fd >= 0 && read(fd, text, sizeof(text)) < 0 && errno != ENOMEM)
			die("read");
	}
	ready();
	stay();
}

static void keep_stopped(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = start();

		if (!pid) {
			follow_self();
			move_break(10);
			raise(SIGSTOP);
		}
		waitpid(pid, NULL, WUNTRACED);
	}
	ready();
	stay();
}

struct stuck {
	int fd;
	void *to;
};

static void *read_stuck(void *arg)
{
	struct stuck *stuck = arg;

	if (read(stuck->fd, stuck->to, PAGE) < 0)
		die("read");
	return NULL;
}

/* Who handles the faults is content with having been told. */
static void keep_stuck(int n)
{
	static const char *const names[] = { "all", "stats", "exited" };
	/* The last one is root's. */
	int files = getuid() ? 2 : 3;
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	char *area = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register all = {
		.range = { (unsigned long)area, (unsigned long)n * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffd_msg msg;

	if (area == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &all))
		die("userfaultfd");
	for (int i = 0; i < n; i++) {
		struct stuck *stuck = malloc(sizeof(*stuck));
		int which = i % (files + 1);
		pthread_t thread;

		stuck->fd = which < files ? open_file(names[which]) : follow_self();
		stuck->to = area + (size_t)i * PAGE;
		if (stuck->fd < 0 || pthread_create(&thread, NULL, read_stuck, stuck))
			die("thread");
		if (read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			die("fault");
	}
	ready();
	stay();
}

static pthread_barrier_t all_there;

static void *race(void *low)
{
	pthread_barrier_wait(&all_there);
	for (unsigned int i = gettid();; i++)
		syscall(SYS_brk, (char *)low + i % 3 * PAGE);
	return NULL;
}

static void race_threads(int n)
{
	void *volatile block;
	pthread_t thread;
	void *low;

	/* malloc, which the threads need at first, does not look for more. */
	mallopt(M_TOP_PAD, 1 << 20);
	block = malloc(1);
	(void)block;
	low = sbrk(0);
	pthread_barrier_init(&all_there, NULL, n + 1);
	for (int i = 0; i < n; i++) {
		if (pthread_create(&thread, NULL, race, low))
			die("thread");
	}
	pthread_barrier_wait(&all_there);
	ready();
	stay();
}

static void ignore(int sig)
{
	(void)sig;
}

static void be_interrupted(const volatile pid_t *pids, int n)
{
	static const struct itimerval often = { { 0, 300 }, { 0, 300 } };
	struct sigaction action = { .sa_handler = ignore };
	struct pollfd pfd = { .events = POLLIN };
	char name[64], text[1000];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned int i = getpid();; i++) {
		snprintf(name, sizeof(name), "/proc/brkwatch/%d", pids[i % n]);
		pfd.fd = open(i % 5 ? name : "/proc/brkwatch/all", O_RDONLY);
		if (i % 3 == 0)
			poll(&pfd, 1, 5);
		while (read(pfd.fd, text, sizeof(text)) > 0)
			;
		move_break(10);
		close(pfd.fd);
	}
}

static void interrupt_and_kill(int n)
{
	volatile pid_t *pids = mmap(NULL, n * sizeof(*pids), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (pids == MAP_FAILED)
		die("mmap");
	for (int i = 0;; i++) {
		pid_t pid;

		if (i >= n) {
			usleep(3000);
			kill(pids[i % n], SIGKILL);
			waitpid(pids[i % n], NULL, 0);
		}
		pid = start();
		if (!pid)
			be_interrupted(pids, n);
		pids[i % n] = pid;
		if (i == n)
			ready();
	}
}

static void fork_all_the_time(int n)
{
	for (int i = 0; i < n; i++) {
		if (start())
			continue;
		for (;;) {
			pid_t pid = start();

			if (!pid) {
				move_break(1);
				_exit(0);
			}
			waitpid(pid, NULL, 0);
		}
	}
	ready();
	stay();
}

static int keep_memory(void *arg)
{
	(void)arg;
	stay();
	return 0;
}

static void keep_spaces(int n)
{
	static char stack[16 * PAGE];
	char number[16];

	if (n > 0) {
		follow_self();
		if (clone(keep_memory, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) < 0)
			die("clone");
		snprintf(number, sizeof(number), "%d", n - 1);
		execl("/proc/self/exe", "hostile", "spaces", number, NULL);
		die("exec");
	}
	ready();
	stay();
}

static void enter_namespaces(void)
{
	if (!new_namespaces())
		die("namespaces");
	if (start()) {
		wait(NULL);
		exit(1);
	}
	if (!mount_own_proc())
		die("mount");
}

static void nest(int n)
{
	while (n-- > 0) {
		enter_namespaces();
		if (open_pid(getpid()) < 0)
			die("open");
		for (int i = 0; i < WIDTH; i++) {
			if (start())
				continue;
			move_break(10);
			stay();
		}
	}
	ready();
	stay();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*take)(int n);
	} resources[] = {
		{ "gone", keep_gone },
		{ "refused", open_refused },
		{ "copies", keep_copies },
		{ "stopped", keep_stopped },
		{ "stuck", keep_stuck },
		{ "threads", race_threads },
		{ "signals", interrupt_and_kill },
		{ "storm", fork_all_the_time },
		{ "spaces", keep_spaces },
		{ "nested", nest },
	};
	struct rlimit limit;

	if (argc != 3)
		return 2;
	/* One process instead of many with a soft limit's worth each. */
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	/* The user changed a moment ago; his file is his own all the same. */
	prctl(PR_SET_DUMPABLE, 1);
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
		if (!strcmp(argv[1], resources[i].name))
			resources[i].take(atoi(argv[2]));
	return 2;
}
