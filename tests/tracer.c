// SPDX-License-Identifier: GPL-2.0
/*
 * tracer - asks brk for a page, of which its tracer makes two
 *
 * Prints what it got as brkdo does, and then its file in /proc/brkwatch.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096

/* The register that has what a call is asked for, when it is entered. */
#if defined(__x86_64__)
#define REQUEST	rdi
#elif defined(__i386__)
#define REQUEST	ebx
#elif defined(__aarch64__)
#define REQUEST	regs[0]
#elif defined(__s390x__)
#define REQUEST	orig_gpr2
#endif

static void trace(pid_t pid, int go)
{
	struct user_regs_struct registers;
	struct iovec all = { &registers, sizeof(registers) };
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_ATTACH, pid, 0, 0) || waitpid(pid, NULL, 0) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD) || write(go, "", 1) != 1)
		_exit(2);
	while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_brk || !info.entry.args[0])
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, NULL, 0) != pid ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			_exit(2);
	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all))
		_exit(2);
	registers.REQUEST += PAGE;
	if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all) || ptrace(PTRACE_DETACH, pid, 0, 0))
		_exit(2);
	_exit(0);
}

int main(void)
{
	uintptr_t old, new;
	char name[64], text[65536];
	int go[2], fd, status;
	pid_t tracer;
	ssize_t n;

	if (pipe(go))
		return 2;
	tracer = fork();
	if (!tracer)
		trace(getppid(), go[1]);
	if (read(go[0], name, 1) != 1)
		return 2;
	old = syscall(SYS_brk, 0);
	new = syscall(SYS_brk, old + PAGE);
	if (waitpid(tracer, &status, 0) != tracer || status)
		return 2;

	/* Without malloc, which would call brk, too. */
	n = snprintf(text, sizeof(text), "expect\tgrow\t%#018lx\t%#018lx\t%#018lx\t%d\t2\n",
		     (long)new, (long)old, (long)old + 2 * PAGE, 2 * PAGE);
	if (write(1, text, n) != n)
		return 2;
	snprintf(name, sizeof(name), "/proc/brkwatch/%d", getpid());
	/* The name of a new process may come a moment late. */
	for (int i = 0; (fd = open(name, O_RDONLY)) < 0 && i < 10000; i++)
		usleep(1000);
	while ((n = read(fd, text, sizeof(text))) > 0)
		if (write(1, text, n) != n)
			return 2;
	return n != 0;
}
