#include <stdlib.h>

int main(void)
{
	for (int i = 0; i < 3; i++)
		free(malloc(200000));
	for (int i = 0; i < 2; i++)
		free(malloc(40 << 20));
	return 0;
}
