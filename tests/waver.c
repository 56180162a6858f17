// SPDX-License-Identifier: GPL-2.0
/*
 * waver SECONDS - one thread moves the break, another changes RLIMIT_DATA
 *
 * The heap alone is always below the limit, all private writable mappings
 * together are now and then: a call that finds the limit in its way at one
 * moment may find it gone at the next, and grow.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_bool stop;

static void *change(void *unused)
{
	const struct rlimit low = { 64 << 20, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };

	while (!stop)
		if (setrlimit(RLIMIT_DATA, &low) || setrlimit(RLIMIT_DATA, &none))
			abort();
	return unused;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	unsigned long brk, grown = 0, refused = 0;
	pthread_t thread;

	if (mmap(NULL, 128 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ||
	    pthread_create(&thread, NULL, change, NULL))
		return 2;
	brk = (unsigned long)syscall(SYS_brk, 0);
	while (time(NULL) < end) {
		if ((unsigned long)syscall(SYS_brk, brk + 4096) == brk)
			refused++;
		else
			grown++;
		syscall(SYS_brk, brk);
	}
	stop = true;
	pthread_join(thread, NULL);
	printf("grown %lu refused %lu\n", grown, refused);
	return !grown || !refused;
}
