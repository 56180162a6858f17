#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	static const size_t sizes[] = { 0, 24, 25, 40, 41, 1000, 200000 };

	puts("request  usable  header = chunk + flags  address % 16");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t *block = malloc(sizes[i]), header = block[-1];

		printf("%7zu %7zu %7zu %7zu %7zu %14zu\n", sizes[i], malloc_usable_size(block),
		       header, header & ~7, header & 7, (uintptr_t)block % 16);
	}
	for (size_t size = 0; size <= 100000; size++) {
		void *block = malloc(size);

		if ((uintptr_t)block % 16)
			return 1;
		free(block);
	}
	puts("all sizes up to 100,000 give a multiple of 16");
	return 0;
}
