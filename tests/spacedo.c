// SPDX-License-Identifier: GPL-2.0
/*
 * spacedo OPERATION [ARG]... - has its address space shared, copied, replaced
 * and ended in the ways there are. brkdo makes calls; this makes processes.
 *
 * It says what it did in lines of "word value"; "ready" means that it waits
 * for a byte, or the end, of its input. Breaks are moved by raw calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

static char stack[64 * 1024] __attribute__((aligned(16)));

static void die(const char *what)
{
	dprintf(2, "spacedo: %s: %s\n", what, strerror(errno));
	_exit(3);
}

static uintptr_t move(long delta)
{
	uintptr_t brk = syscall(SYS_brk, 0);

	if (!delta)
		return brk;
	if ((uintptr_t)syscall(SYS_brk, brk + delta) != brk + delta)
		die("brk");
	return brk + delta;
}

/* Without malloc, and fit for a child that shares the address space. */
__attribute__((format(printf, 1, 0)))
static void say(const char *format, const char *word, unsigned long value)
{
	char line[64];
	int n = snprintf(line, sizeof(line), format, word, value);

	if (write(1, line, n) != n)
		_exit(4);
}

static void say_brk(const char *word, uintptr_t brk)
{
	say("%s 0x%016lx\n", word, brk);
}

static void say_pid(const char *word, pid_t pid)
{
	say("%s %lu\n", word, pid);
}

static void wait_until_told(void)
{
	char c;

	if (write(1, "ready\n", 6) != 6)
		_exit(4);
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
}

static void reap(pid_t pid)
{
	if (pid < 0 || waitpid(pid, NULL, __WALL) != pid)
		die("waitpid");
}

/* Copied: the child starts where the parent is and goes its own way. */
static int do_fork(void)
{
	pid_t pid;

	say_brk("brk", move(3 * PAGE));
	pid = fork();
	if (!pid) {
		move(PAGE);
		wait_until_told();
		_exit(0);
	}
	say_pid("child", pid);
	reap(pid);
	return 0;
}

/* Shared until the child execs. */
static int do_vfork(char **program)
{
	pid_t pid;

	move(PAGE);
	pid = vfork();
	if (!pid) {
		say_pid("child", getpid());
		move(2 * PAGE);
		wait_until_told();
		move(-PAGE);
		execv(program[0], program);
		_exit(127);
	}
	say_brk("parent", move(PAGE));
	reap(pid);
	wait_until_told();
	return 0;
}

static int do_spawn(char **program)
{
	extern char **environ;
	pid_t pid;

	move(PAGE);
	if (posix_spawn(&pid, program[0], NULL, NULL, program, environ))
		die("posix_spawn");
	say_pid("child", pid);
	move(PAGE);
	reap(pid);
	return 0;
}

static int sharer(void *unused)
{
	(void)unused;
	move(2 * PAGE);
	wait_until_told();
	move(PAGE);
	wait_until_told();
	return 0;
}

/*
 * Shared for good, by two processes that go on side by side. With SIGCHLD as
 * the signal of its end the child is an ordinary one, and not a thread.
 */
static int do_share(int outlive)
{
	pid_t pid;

	move(PAGE);
	pid = clone(sharer, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		die("clone");
	say_pid("child", pid);
	if (outlive)
		return 0;
	reap(pid);
	move(-PAGE);
	wait_until_told();
	return 0;
}

static void *exec_it(void *program)
{
	execv(((char **)program)[0], program);
	die("execv");
	return NULL;
}

static int do_thread_exec(char **program)
{
	pthread_t thread;

	move(PAGE);
	wait_until_told();
	if (pthread_create(&thread, NULL, exec_it, program))
		die("pthread_create");
	pthread_join(thread, NULL);
	return 0;
}

static int do_daemon(void)
{
	pid_t pid = fork();

	if (pid) {
		reap(pid);
		return 0;
	}
	setsid();
	move(PAGE);
	say_pid("middle", getpid());
	pid = fork();
	if (pid)
		_exit(0);
	move(PAGE);
	say_pid("daemon", getpid());
	wait_until_told();
	_exit(0);
}

static int do_zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid) {
		move(PAGE);
		wait_until_told();
		_exit(0);
	}
	say_pid("child", pid);
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		die("waitid");
	wait_until_told();
	reap(pid);
	wait_until_told();
	return 0;
}

static int do_segv(void)
{
	move(PAGE);
	wait_until_told();
	raise(SIGSEGV);
	return 0;
}

/* Fields 26 to 51 of /proc/self/stat. */
static unsigned long long field(int n)
{
	static char text[2048];
	int fd = open("/proc/self/stat", O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	text[size > 0 ? size : 0] = '\0';
	at = strrchr(text, ')');
	for (int i = 2; at && i < n; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		die("/proc/self/stat");
	return strtoull(at + 1, NULL, 10);
}

static void set(int option, uintptr_t value)
{
	if (prctl(PR_SET_MM, option, value, 0, 0))
		die("prctl");
}

static void set_map(uintptr_t start, uintptr_t brk)
{
	struct prctl_mm_map map = {
		.start_code = field(26), .end_code = field(27),
		.start_stack = field(28),
		.start_data = field(45), .end_data = field(46),
		.start_brk = start, .brk = brk,
		.arg_start = field(48), .arg_end = field(49),
		.env_start = field(50), .env_end = field(51),
		.exe_fd = -1,
	};

	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		die("PR_SET_MM_MAP");
}

/* Break and start moved without brk(2), as a checkpoint is restored. */
static int do_prctl(void)
{
	uintptr_t start = field(47), brk = move(4 * PAGE);

	say_brk("brk", brk);
	set(PR_SET_MM_BRK, brk + 16);
	move(0);
	/* Two in a row are seen as one. */
	set(PR_SET_MM_BRK, brk - PAGE);
	set(PR_SET_MM_BRK, brk + 2 * PAGE);
	move(PAGE);
	set(PR_SET_MM_START_BRK, start + PAGE);
	if ((uintptr_t)syscall(SYS_brk, start) != brk + 3 * PAGE)
		die("not refused");
	set_map(start + 2 * PAGE, brk + 5 * PAGE);
	/* Nobody has called since: a reader is the first to see this one. */
	say_brk("start", field(47));
	wait_until_told();
	move(0);
	wait_until_told();
	return 0;
}

/* The size of the heap after an event. */
static void say_heap(const char *kind, uintptr_t brk)
{
	say("heap %s %lu\n", kind, brk - field(47));
}

/* A heap of 40 MiB is put 64 GiB further up, and later, in two steps, back. */
static int do_restore(void)
{
	uintptr_t start = field(47), brk = move(4 * PAGE), far = start + (64ul << 30);

	say_heap("query", brk - 4 * PAGE);
	say_heap("grow", brk);
	wait_until_told();
	set_map(far, far + (40 << 20));
	say_heap("external", far + (40 << 20));
	say_heap("query", far + (40 << 20));
	say_heap("grow", move(PAGE));
	wait_until_told();
	set(PR_SET_MM_START_BRK, start);
	say_heap("external", far + (40 << 20) + PAGE);
	wait_until_told();
	set(PR_SET_MM_BRK, brk);
	say_heap("external", brk);
	say_heap("query", brk);
	say_heap("shrink", move(-PAGE));
	wait_until_told();
	return 0;
}

/* The standard input, a descriptor that others have read from, anew. */
static int do_reread(void)
{
	char text[4096];
	ssize_t n;

	if (lseek(0, 0, SEEK_SET))
		die("lseek");
	while ((n = read(0, text, sizeof(text))) > 0)
		if (write(1, text, n) != n)
			die("write");
	if (n)
		die("read");
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "fork"))
		return do_fork();
	if (!strcmp(what, "vfork") && argc > 2)
		return do_vfork(argv + 2);
	if (!strcmp(what, "spawn") && argc > 2)
		return do_spawn(argv + 2);
	if (!strcmp(what, "share"))
		return do_share(0);
	if (!strcmp(what, "outlive"))
		return do_share(1);
	if (!strcmp(what, "thread-exec") && argc > 2)
		return do_thread_exec(argv + 2);
	if (!strcmp(what, "daemon"))
		return do_daemon();
	if (!strcmp(what, "zombie"))
		return do_zombie();
	if (!strcmp(what, "segv"))
		return do_segv();
	if (!strcmp(what, "prctl"))
		return do_prctl();
	if (!strcmp(what, "restore"))
		return do_restore();
	if (!strcmp(what, "reread"))
		return do_reread();
	dprintf(2, "spacedo: no operation '%s'\n", what);
	return 2;
}
