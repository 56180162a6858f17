// SPDX-License-Identifier: GPL-2.0
/*
 * heapdo STEP... - allocates and frees, and says what malloc itself says of it.
 *
 *   blocks N SIZE        allocate N blocks, and write to all of them
 *   reserve N SIZE       the same, but write nothing
 *   object               allocate one that looks like an object of C++
 *   free WHICH           all, all-but-last, all-but-middle, every-second or every-fourth of them
 *   thread N SIZE        the same, and every second freed, in a thread that then waits
 *   spoil                the header of the thread's third block
 *   sbrk N               take N bytes of the break
 *   trim                 give back whole pages, but none of the top
 *   churn                allocate and free until killed
 *   leave                the main thread exits, another one does what follows
 *   show                 print the state, and wait for a line from stdin
 *
 * Nothing else is allocated, by stdio neither.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BLOCKS_MAX 1000000

static char *blocks[BLOCKS_MAX];
static size_t n_blocks;
static char buffer[65536];

static void allocate(size_t n, size_t size, bool write)
{
	for (size_t i = 0; i < n && n_blocks < BLOCKS_MAX; i++) {
		blocks[n_blocks] = malloc(size);
		if (!blocks[n_blocks])
			_exit(3);
		if (write)
			memset(blocks[n_blocks], 'x', size);
		n_blocks++;
	}
}

/* Its class has a table, which has a name that C++ gives it. */
extern const void *const table[4];
const void *const table[4] __asm__("_ZTVN4shop6BasketE") = { NULL, NULL, malloc, free };

static void allocate_object(void)
{
	const void *const *first = &table[2];

	allocate(1, 100, true);
	memcpy(blocks[n_blocks - 1], &first, sizeof(first));
}

static void release(const char *which)
{
	for (size_t i = 0; i < n_blocks; i++) {
		if ((!strcmp(which, "all-but-last") && i == n_blocks - 1) ||
		    (!strcmp(which, "all-but-middle") && i == n_blocks / 2) ||
		    (!strcmp(which, "every-second") && i % 2) ||
		    (!strcmp(which, "every-fourth") && i % 4))
			continue;
		free(blocks[i]);
		blocks[i] = NULL;
	}
}

static void show(void)
{
	struct mallinfo2 info = mallinfo2();
	char *last = NULL;

	for (size_t i = 0; i < n_blocks; i++)
		if (blocks[i] > last)
			last = blocks[i];
	printf("arena %zu\nuordblks %zu\nfordblks %zu\nfsmblks %zu\nordblks %zu\nsmblks %zu\nkeepcost %zu\n",
	       info.arena, info.uordblks, info.fordblks, info.fsmblks, info.ordblks, info.smblks, info.keepcost);
	printf("last %p\n", (void *)last);
	malloc_info(0, stdout);
	puts("ready");
	fflush(stdout);
	for (char c = 0; c != '\n';)
		if (read(STDIN_FILENO, &c, 1) != 1)
			_exit(0);
}

struct order {
	size_t n, size;
	char **own;
	pthread_barrier_t done;
};

static void *in_thread(void *arg)
{
	struct order *order = arg;
	char **own = order->own = malloc(order->n * sizeof(*own));

	for (size_t i = 0; own && i < order->n; i++)
		own[i] = malloc(order->size);
	for (size_t i = 0; own && i < order->n; i += 2)
		free(own[i]);
	pthread_barrier_wait(&order->done);
	for (;;)
		pause();
	return NULL;
}

static struct order order;

static void start_thread(size_t n, size_t size)
{
	pthread_t thread;

	order.n = n;
	order.size = size;
	pthread_barrier_init(&order.done, NULL, 2);
	if (pthread_create(&thread, NULL, in_thread, &order))
		_exit(3);
	pthread_barrier_wait(&order.done);
}

static void spoil(void)
{
	char *second = order.own[1];

	memset(second + malloc_usable_size(second), 'A', sizeof(size_t));
}

static void churn(void)
{
	unsigned int number = 1;

	puts("ready");
	fflush(stdout);
	for (;;) {
		size_t i = (number = number * 1103515245 + 12345) / 65536 % 1000;

		free(blocks[i]);
		blocks[i] = malloc(number / 16 % 5000);
	}
}

static void *perform(void *arg);

static void leave(char **steps)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, perform, steps))
		_exit(3);
	syscall(SYS_exit, 0);
}

static void *perform(void *arg)
{
	for (char **step = arg; *step; step++) {
		size_t numbers[2] = { 0 };

		for (int n = 0; n < 2 && step[n + 1]; n++)
			numbers[n] = strtoul(step[n + 1], NULL, 10);
		if (!strcmp(*step, "blocks") || !strcmp(*step, "reserve")) {
			allocate(numbers[0], numbers[1], !strcmp(*step, "blocks"));
			step += 2;
		} else if (!strcmp(*step, "object")) {
			allocate_object();
		} else if (!strcmp(*step, "free") && step[1]) {
			release(*++step);
		} else if (!strcmp(*step, "thread")) {
			start_thread(numbers[0], numbers[1]);
			step += 2;
		} else if (!strcmp(*step, "spoil")) {
			spoil();
		} else if (!strcmp(*step, "sbrk")) {
			if (sbrk((intptr_t)numbers[0]) == (void *)-1)
				_exit(3);
			step++;
		} else if (!strcmp(*step, "trim")) {
			malloc_trim(SIZE_MAX / 2);
		} else if (!strcmp(*step, "churn")) {
			churn();
		} else if (!strcmp(*step, "leave")) {
			leave(step + 1);
		} else if (!strcmp(*step, "show")) {
			show();
		} else {
			_exit(2);
		}
	}
	exit(0);
}

int main(int argc, char **argv)
{
	(void)argc;
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	/* Whoever tests may not be a parent. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	perform(argv + 1);
}
