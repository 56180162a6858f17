// SPDX-License-Identifier: GPL-2.0
/*
 * bare [calls] - a program without a libc and without a heap, built for 64
 * bits, for 32, and for 64 with the calls of 32. It pauses until its input ends;
 * with an argument it makes brk calls before that, and reckons them as brkdo
 * does. The input can ask for more: +, two pages more; -, two less; ^, most of 32 bits, as far
 * as programs and libraries leave room; t, up to their top; b and 16 digits, to that
 * address, but by prctl (x86-64 only). And for what makes the next call fail (32 bits only): l,
 * mlockall(MCL_FUTURE); u, munmap() of the last two pages; g, a stack half a MiB above the heap.
 */
#include <stdint.h>

#define PAGE 4096UL

#if defined(__i386__)
enum { SYS_exit = 1, SYS_read = 3, SYS_write = 4, SYS_brk = 45, SYS_mmap = 90, SYS_munmap = 91, SYS_mlockall = 152 };
# define SYSCALL(number, a, b, c, ret)					\
	asm volatile("int $0x80" : "=a" (ret)				\
		     : "a" (number), "b" (a), "c" (b), "d" (c) : "memory")
# define START "mov (%esp), %eax; and $-16, %esp; push %eax; push %eax; push %eax; push %eax; call bare_main"
#elif defined(__x86_64__) && defined(INT80)
/* As above, from 64-bit code: the kernel takes the lower halves, whatever is in the upper ones. */
enum { SYS_exit = 1, SYS_read = 3, SYS_write = 4, SYS_brk = 45 };
# define SYSCALL(number, a, b, c, ret)					\
	asm volatile("int $0x80" : "=a" (ret)				\
		     : "a" (number), "b" (0xbadL << 32 | (uint32_t)(a)),	\
		       "c" (b), "d" (c) : "r8", "r9", "r10", "r11", "memory")
# define START "mov (%rsp), %rdi; and $-16, %rsp; call bare_main"
#elif defined(__x86_64__)
enum { SYS_exit = 60, SYS_read = 0, SYS_write = 1, SYS_brk = 12 };
# define SYSCALL(number, a, b, c, ret)					\
	asm volatile("syscall" : "=a" (ret)				\
		     : "a" (number), "D" (a), "S" (b), "d" (c)		\
		     : "rcx", "r11", "memory")
# define START "mov (%rsp), %rdi; and $-16, %rsp; call bare_main"
#else
# define SYSCALL(number, a, b, c, ret) do {				\
	register long nr asm(NR) = (number);				\
	register long arg0 asm(ARG0) = (a);				\
	register long arg1 asm(ARG1) = (b);				\
	register long arg2 asm(ARG2) = (c);				\
									\
	asm volatile(TRAP : "+r" (arg0)					\
		     : "r" (nr), "r" (arg1), "r" (arg2) : "memory");	\
	(ret) = arg0;							\
} while (0)
# if defined(__aarch64__)
enum { SYS_exit = 93, SYS_read = 63, SYS_write = 64, SYS_brk = 214 };
#  define NR	"x8"
#  define ARG0	"x0"
#  define ARG1	"x1"
#  define ARG2	"x2"
#  define TRAP	"svc 0"
#  define START	"ldr x0, [sp]; bl bare_main"
# elif defined(__arm__)
enum { SYS_exit = 1, SYS_read = 3, SYS_write = 4, SYS_brk = 45 };
#  define NR	"r7"
#  define ARG0	"r0"
#  define ARG1	"r1"
#  define ARG2	"r2"
#  define TRAP	"svc 0"
#  define START	"ldr r0, [sp]; bic sp, sp, #15; bl bare_main"
# elif defined(__s390x__)
enum { SYS_exit = 1, SYS_read = 3, SYS_write = 4, SYS_brk = 45 };
#  define NR	"r1"
#  define ARG0	"r2"
#  define ARG1	"r3"
#  define ARG2	"r4"
#  define TRAP	"svc 0"
#  define START	"lg %r2, 0(%r15); aghi %r15, -160; brasl %r14, bare_main"
# else
#  error "how this machine makes system calls is not known here"
# endif
#endif

asm(".globl _start; _start: " START);

static long sys(long number, long a, long b, long c)
{
	long ret;

	SYSCALL(number, a, b, c, ret);
	return ret;
}

static char line[256];
static unsigned int used;

static void put(const char *text)
{
	while (*text)
		line[used++] = *text++;
}

static void put_address(uintptr_t value)
{
	put("\t0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		line[used++] = "0123456789abcdef"[(uint64_t)value >> shift & 15];
}

/* No division: 32 bits would take a library for it. */
static void put_number(long value)
{
	static const long tens[] = { 1000000000, 100000000, 10000000, 1000000,
				     100000, 10000, 1000, 100, 10, 1 };
	int begun = 0;

	put(value < 0 ? "\t-" : "\t");
	if (value < 0)
		value = -value;
	for (unsigned int i = 0; i < sizeof(tens) / sizeof(*tens); i++) {
		char digit = '0';

		for (; value >= tens[i]; value -= tens[i])
			digit++;
		begun |= digit > '0' || tens[i] == 1;
		if (begun)
			line[used++] = digit;
	}
}

static void put_end(void)
{
	put("\n");
	sys(SYS_write, 1, (long)line, used);
	used = 0;
}

static uintptr_t now;

static const char *kind(uintptr_t request, uintptr_t new)
{
	if (!request)
		return "query";
	if (request == now)
		return "same";
	if (new != request)
		return "refused";
	if ((new + PAGE - 1) / PAGE == (now + PAGE - 1) / PAGE)
		return "move";
	return new > now ? "grow" : "shrink";
}

static void call(uintptr_t request)
{
	uintptr_t new = sys(SYS_brk, request, 0, 0);
	long pages = (long)((new + PAGE - 1) / PAGE - (now + PAGE - 1) / PAGE);

	put("expect\t");
	put(kind(request, new));
	put_address(request);
	put_address(now);
	put_address(new);
	put_number((long)(new - now));
	put_number(pages);
	put_end();
	now = new;
}

static void obstruct(char wish)
{
#if defined(__i386__)
	uintptr_t end = (now + PAGE - 1) & -PAGE;
	/* Private, anonymous, at that address if nothing is there, growing downwards. */
	long stack[] = { (long)(end + 128 * PAGE), PAGE, 3, 0x100122, -1, 0 };
	long ret;

	if (wish == 'l')
		ret = sys(SYS_mlockall, 2, 0, 0);
	else if (wish == 'u')
		ret = sys(SYS_munmap, (long)(end - 2 * PAGE), 2 * PAGE, 0);
	else
		ret = sys(SYS_mmap, (long)stack, 0, 0);
	put(ret < 0 ? "failed" : "ready");
	put_end();
#else
	(void)wish;
#endif
}

static void set_break(void)
{
	uintptr_t brk = 0;
	char digit;

	for (int i = 0; i < 16 && sys(SYS_read, 0, (long)&digit, 1) == 1; i++)
		brk = brk << 4 | (uintptr_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
#if defined(__x86_64__) && !defined(INT80)
	register long none asm("r10") = 0, zero asm("r8") = 0;
	long ret;

	/* prctl(PR_SET_MM, PR_SET_MM_BRK, brk, 0, 0) */
	asm volatile("syscall" : "=a" (ret) : "a" (157L), "D" (35L), "S" (7L), "d" (brk), "r" (none), "r" (zero)
		     : "rcx", "r11", "memory");
	put(ret ? "failed" : "ready");
	put_end();
#endif
}

__attribute__((used, noreturn))
void bare_main(long argc)
{
	char wish;

	if (argc > 1) {
		now = sys(SYS_brk, 0, 0, 0);
		call(0);
		call(now + 1);
		call(now + 33 * PAGE);
		call(now + 8);
		call(now);
		call(now - 2 * PAGE);
		call(1);
#ifndef INT80
		call(-1UL);
#endif
		call(0);
	}
	put("ready");
	put_end();
	while (sys(SYS_read, 0, (long)&wish, 1) > 0) {
		if (wish == '+')
			call(now + 2 * PAGE);
		else if (wish == '-')
			call(now - 2 * PAGE);
		else if (wish == '^')
			call((uintptr_t)0xe0000000);
		else if (wish == 't')
			call((uintptr_t)0xffffc000);
		else if (wish == 'b')
			set_break();
		else if (wish == 'l' || wish == 'u' || wish == 'g')
			obstruct(wish);
	}
	sys(SYS_exit, 0, 0, 0);
	__builtin_unreachable();
}
