// SPDX-License-Identifier: GPL-2.0
/*
 * killed - a brk call that is cut short by a fatal signal while it waits for
 * mmap_lock; prints what /proc/brkwatch/<pid> says of it.
 *
 * One thread forks a large address space, which holds mmap_lock for writing
 * as long as it takes to copy the page tables. Another calls brk meanwhile and
 * is killed. When it hits is a matter of luck, so it is tried until it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE	(384ul << 20)
#define TRIES	100

static volatile int forking;

static void *caller(void *unused)
{
	unsigned long brk = syscall(SYS_brk, 0);

	(void)unused;
	while (!forking)
		;
	usleep(2000);
	syscall(SYS_brk, brk + 4096);
	pause();
	return NULL;
}

static void victim(int ready)
{
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	madvise(memory, SIZE, MADV_NOHUGEPAGE);
	for (unsigned long i = 0; i < SIZE; i += 4096)
		memory[i] = 1;
	pthread_create(&thread, NULL, caller, NULL);
	if (write(ready, "", 1) != 1)
		_exit(1);
	forking = 1;
	if (!fork())
		_exit(0);
	pause();
}

static int open_record(pid_t pid)
{
	char name[64];
	int fd = -1;

	snprintf(name, sizeof(name), "/proc/brkwatch/%d", pid);
	for (int i = 0; i < 1000 && fd < 0; i++) {
		fd = open(name, O_RDONLY);
		if (fd < 0)
			usleep(1000);
	}
	return fd;
}

int main(void)
{
	static char text[65536];

	for (int i = 0; i < TRIES; i++) {
		int ready[2], fd, status;
		ssize_t n, all = 0;
		pid_t pid;
		char c;

		if (pipe(ready))
			return 1;
		pid = fork();
		if (!pid)
			victim(ready[1]);
		fd = open_record(pid);
		if (fd < 0 || read(ready[0], &c, 1) != 1)
			return 1;
		usleep(3000 + i * 500);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		/* The last thread may be a moment behind the leader. */
		usleep(1000);
		while ((n = read(fd, text + all, sizeof(text) - 1 - all)) > 0)
			all += n;
		text[all] = '\0';
		close(fd);
		close(ready[0]);
		close(ready[1]);
		if (strstr(text, "\tkilled\t"))
			return fputs(text, stdout) < 0;
	}
	fprintf(stderr, "no call was killed in %d tries; the last one:\n%s", TRIES, text);
	return 1;
}
