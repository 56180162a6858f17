#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	char *before = sbrk(0);
	char *block = malloc(1000);
	char *after = sbrk(0);

	printf("break before %p\nblock        %p\nbreak after  %p: %#tx more\n",
	       before, block, after, after - before);
	return 0;
}
