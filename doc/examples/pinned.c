#include <signal.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	void *blocks[50], *pin;

	for (int i = 0; i < 50; i++)
		blocks[i] = memset(malloc(20000), 1, 20000);
	pin = malloc(2000);
	for (int i = 0; i < 50; i++)
		free(blocks[i]);
	raise(SIGSTOP);
	free(pin);
	raise(SIGSTOP);
	return 0;
}
