#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_barrier_t barrier;
static void *blocks[3];

static void *work(void *block)
{
	*(void **)block = malloc(1000);
	pthread_barrier_wait(&barrier);
	pause();
	return NULL;
}

int main(void)
{
	pthread_t thread;

	blocks[0] = malloc(1000);
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 1; i < 3; i++) {
		pthread_create(&thread, NULL, work, &blocks[i]);
		pthread_barrier_wait(&barrier);
	}
	printf("main %p, threads %p and %p\n", blocks[0], blocks[1], blocks[2]);
	return 0;
}
