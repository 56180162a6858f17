#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	setlinebuf(stdout);
	puts("before");
	free(malloc(4));
	puts("after");
	return 0;
}
