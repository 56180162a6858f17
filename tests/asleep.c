// SPDX-License-Identifier: GPL-2.0
/*
 * asleep TABLES CGROUP - a brk call that waits for mmap_lock as long as one likes
 *
 * Says "ready", and when told calls brk in one thread while the first one forks,
 * which holds mmap_lock for writing as long as it takes to copy that many page
 * tables. When the call waits for that, the first thread's cgroup gets next to
 * no CPU time any more; then it says "asleep". When its cpu.max is set to "max" it
 * says "returned" if the call has done what it should. A call that came too early
 * or too late is followed by another. Wants to be on one CPU.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* No less than PTHREAD_STACK_MIN, which is 128 KiB on arm64. */
#define STACK	(256 << 10)
/* What a page table is for. */
#define TABLE	(2ul << 20)

static int forking[2], called[2], thread_known[2];
static int cpu_max, cpu_idle;

static void say(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(3);
}

/*
 * Its stack is not copied, and what it calls then it has called before: a page
 * fault would wait for mmap_lock, too.
 */
static void *caller(void *unused)
{
	unsigned long brk = syscall(SYS_brk, 0);
	pid_t tid = gettid();
	char c;

	usleep(0);
	if (write(thread_known[1], &tid, sizeof(tid)) < 0)
		abort();
	for (int i = 0; read(forking[0], &c, 1) == 1; i++) {
		usleep(1000 << i % 6);
		brk += 4096;
		if ((unsigned long)syscall(SYS_brk, brk) != brk || write(called[1], "", 1) != 1)
			abort();
	}
	return unused;
}

static bool waits(int stat)
{
	char text[512];
	ssize_t n = pread(stat, text, sizeof(text) - 1, 0);

	if (n <= 0)
		_exit(2);
	text[n] = '\0';
	return !strncmp(strrchr(text, ')'), ") D", 3);
}

static int open_in(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return open(path, O_RDWR);
}

static void set(int fd, const char *text)
{
	if (pwrite(fd, text, strlen(text), 0) < 0)
		_exit(2);
}

/*
 * Since Linux 6.18 cpu.max stops nobody who is inside the kernel. Beside one that is
 * busy a group that is idle gets next to nothing; before 5.15 none can be.
 */
static void starve(bool yes)
{
	set(cpu_max, yes ? "1000 1000000" : "max");
	if (cpu_idle >= 0)
		set(cpu_idle, yes ? "1" : "0");
}

static bool starves(void)
{
	char text[4] = "";

	return pread(cpu_max, text, sizeof(text) - 1, 0) > 0 && strcmp(text, "max");
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Whether it goes on waiting, which it does not if it has got the lock just before. */
static bool keeps_waiting(int stat)
{
	double end = now() + 0.1;

	while (waits(stat))
		if (now() > end)
			return true;
	return false;
}

/* Another process, outside of the cgroup, and the one that is busy. */
static void watch(pid_t pid)
{
	char name[64];
	pid_t tid;
	int stat;

	if (read(thread_known[0], &tid, sizeof(tid)) != sizeof(tid))
		_exit(2);
	snprintf(name, sizeof(name), "/proc/%d/task/%d/stat", pid, tid);
	stat = open(name, O_RDONLY);
	do {
		starve(false);
		while (!waits(stat))
			;
		starve(true);
	} while (!keeps_waiting(stat));
	say("asleep\n");
	while (starves())
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	size_t size = argc > 2 ? strtoul(argv[1], NULL, 0) * TABLE : 0, i;
	pid_t pid = getpid(), watcher, child;
	pthread_attr_t attributes;
	pthread_t thread;
	char *memory;
	void *stack;
	char c;

	if (argc < 3 || pipe(forking) || pipe(called) || pipe(thread_known))
		return 2;
	cpu_max = open_in(argv[2], "cpu.max");
	cpu_idle = open_in(argv[2], "cpu.idle");
	watcher = fork();
	if (!watcher)
		watch(pid);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return 2;
	madvise(memory, size, MADV_NOHUGEPAGE);
	/* Page tables are copied where anything has been written; it may be little. */
	memory[0] = 1;
	for (i = TABLE; i < size; i += TABLE)
		(void)*(volatile char *)(memory + i);
	stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		return 2;
	madvise(stack, STACK, MADV_DONTFORK);
	memset(stack, 0, STACK);
	pthread_attr_init(&attributes);
	if (pthread_attr_setstack(&attributes, stack, STACK) ||
	    pthread_create(&thread, &attributes, caller, NULL))
		return 2;
	say("ready\n");
	getchar();
	do {
		if (write(forking[1], "", 1) != 1)
			return 2;
		child = fork();
		if (!child)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) != child || read(called[0], &c, 1) != 1)
			return 2;
	} while (!waitpid(watcher, NULL, WNOHANG));
	say("returned\n");
	return 0;
}
