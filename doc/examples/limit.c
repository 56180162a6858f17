#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	int blocks = 0;

	while (malloc(10000))
		blocks++;
	printf("malloc failed after %d blocks: %s\n", blocks, strerror(errno));
	return 0;
}
