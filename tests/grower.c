// SPDX-License-Identifier: GPL-2.0
/*
 * grower CACHE INDEX - two functions grow the heap by raw calls, so many pages
 * each, one page a call, and a third is refused twice; then it says what they
 * have made of it. Built with frame pointers, so that tracers find the callers.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul
#define OWN_FRAME __attribute__((noinline, noclone))

static uintptr_t now;

/* The library's syscall() has no frame of its own. Who asks for his frame gets one. */
static inline __attribute__((always_inline)) uintptr_t raw_brk(uintptr_t request)
{
#ifdef __x86_64__
	uintptr_t result;

	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	__asm__ volatile("syscall" : "=a"(result) : "a"(12), "D"(request) : "rcx", "r11", "memory");
	return result;
#else
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	return syscall(__NR_brk, request);
#endif
}

OWN_FRAME void fill_cache(long pages)
{
	while (pages--)
		now = raw_brk(now + PAGE);
}

OWN_FRAME void build_index(long pages)
{
	while (pages--)
		now = raw_brk(now + PAGE);
}

OWN_FRAME void ask_too_much(void)
{
	raw_brk(1);
	raw_brk(~0xffful);
}

OWN_FRAME void work(long cache, long index)
{
	fill_cache(cache);
	build_index(index);
	ask_too_much();
}

int main(int argc, char **argv)
{
	long cache = argc == 3 ? atol(argv[1]) : 0, index = argc == 3 ? atol(argv[2]) : 0;
	uintptr_t before;

	if (cache < 1 || index < 1)
		return 2;
	before = now = raw_brk(0);
	work(cache, index);
	if (now != before + (cache + index) * PAGE || raw_brk(0) != now)
		return 3;
	return 0;
}
