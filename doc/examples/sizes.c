#include <stdlib.h>

int main(void)
{
	for (int i = 0; i < 1000; i++)
		if (!malloc(64))
			return 1;
	return !malloc(10 << 20);
}
