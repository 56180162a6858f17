// SPDX-License-Identifier: GPL-2.0
/*
 * mapper STEP... - asks for memory in the ways that there are.
 *
 *	malloc SIZE	free	threads N	burst N		fork	pause
 *	shared		file	remap		taken	absent	as	data
 *	files A B	much	locked		many
 *
 * absent: protects what is not mapped. files: of one address first A, then B. as and data ask for more than the limit
 * of that name, which stays; much, for more than there is; locked, for more than may be locked; many, for so many
 * mappings that there are no more. Prints with write(2) only: stdio allocates.
 */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB	((size_t)1 << 20)

static sem_t ready, never;

static void *map(size_t size, int flags, int fd)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
}

static void map_file(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	if (map(8192, MAP_PRIVATE, fd) == MAP_FAILED)
		_exit(3);
	close(fd);
}

/* It has an arena of its own, and goes on having it; and the file. */
static void *use_arena(void *unused)
{
	void *volatile block = malloc(1000);

	(void)block;
	map_file();
	sem_post(&ready);
	sem_wait(&never);
	return unused;
}

static void start_threads(int n)
{
	pthread_t thread;

	for (int i = 0; i < n; i++)
		if (pthread_create(&thread, NULL, use_arena, NULL))
			_exit(3);
	for (int i = 0; i < n; i++)
		sem_wait(&ready);
}

/* The kernel takes the same address. */
static void map_files(const char *const names[2])
{
	int fds[] = { open(names[0], O_RDONLY), open(names[1], O_RDONLY) };

	munmap(map(4096, MAP_PRIVATE, fds[0]), 4096);
	if (map(4096, MAP_PRIVATE, fds[1]) == MAP_FAILED)
		_exit(3);
}

static void map_much(void)
{
	if (map((size_t)1 << 44, MAP_PRIVATE | MAP_ANONYMOUS, -1) != MAP_FAILED)
		_exit(3);
}

static void map_locked(void)
{
	const struct rlimit limit = { 65536, 65536 };

	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (mlockall(MCL_FUTURE) || map(MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1) != MAP_FAILED)
		_exit(3);
	munlockall();
}

/* They differ, or they would become one. */
static void map_many(void)
{
	for (int prot = PROT_READ; mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;)
		prot ^= PROT_WRITE;
}

static void exceed(int resource)
{
	const struct rlimit limit = { MIB, MIB };

	setrlimit(resource, &limit);
	if (map(MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1) != MAP_FAILED)
		_exit(3);
}

static void map_and_unmap(long n)
{
	while (n--)
		munmap(map(4096, MAP_PRIVATE | MAP_ANONYMOUS, -1), 4096);
}

static void be_told(void)
{
	char c;

	if (write(1, "ready\n", 6) != 6 || read(0, &c, 1) < 0)
		_exit(4);
}

int main(int argc, char **argv)
{
	void *volatile block = NULL;

	sem_init(&ready, 0, 0);
	sem_init(&never, 0, 0);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "malloc"))
			block = malloc(strtoul(argv[++i], NULL, 0));
		else if (!strcmp(argv[i], "free"))
			free(block);
		else if (!strcmp(argv[i], "threads"))
			start_threads(atoi(argv[++i]));
		else if (!strcmp(argv[i], "burst"))
			map_and_unmap(atol(argv[++i]));
		else if (!strcmp(argv[i], "shared"))
			map(MIB, MAP_SHARED | MAP_ANONYMOUS, -1);
		else if (!strcmp(argv[i], "file"))
			map_file();
		else if (!strcmp(argv[i], "remap"))
			mremap(map(MIB, MAP_PRIVATE | MAP_ANONYMOUS, -1), MIB, 3 * MIB, MREMAP_MAYMOVE);
		else if (!strcmp(argv[i], "absent"))
			mprotect((void *)4096, 4096, PROT_READ);
		else if (!strcmp(argv[i], "taken"))
			mmap((void *)((unsigned long)&ready & -4096ul), 4096, PROT_READ,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		else if (!strcmp(argv[i], "files"))
			map_files((const char *const *)argv + i + 1), i += 2;
		else if (!strcmp(argv[i], "much"))
			map_much();
		else if (!strcmp(argv[i], "locked"))
			map_locked();
		else if (!strcmp(argv[i], "many"))
			map_many();
		else if (!strcmp(argv[i], "as"))
			exceed(RLIMIT_AS);
		else if (!strcmp(argv[i], "data"))
			exceed(RLIMIT_DATA);
		else if (!strcmp(argv[i], "pause"))
			be_told();
		else if (!strcmp(argv[i], "fork")) {
			if (!fork())
				map_and_unmap(3), _exit(0);
			wait(NULL);
		} else
			return 2;
	}
	_exit(0);
}
