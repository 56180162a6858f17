// SPDX-License-Identifier: GPL-2.0
/*
 * brkdo OPERATION... - makes the brk calls it is told to make, raw ones, and
 * says what it saw.
 *
 * For every call it prints one line of its own reckoning, by which the module
 * is judged:
 *
 *	expect <event> <request> <old> <new> <delta bytes> <delta pages>
 *
 * It never calls malloc and prints with write(2), so nothing else moves its
 * break after main() is reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The C library's headers may be older than the call. */
#define SYS_MSEAL	462

static uintptr_t page, start, now;
static bool quiet;

__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (int done = 0; done < n;) {
		ssize_t ret = write(1, line + done, n - done);

		if (ret < 0)
			_exit(4);
		done += ret;
	}
}

__attribute__((format(printf, 1, 2), noreturn))
static void fail(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	dprintf(2, "brkdo: %s\n", line);
	_exit(3);
}

static uintptr_t up(uintptr_t address)
{
	return (address + page - 1) & -page;
}

static const char *kind(uintptr_t request, uintptr_t old, uintptr_t new)
{
	if (!request)
		return "query";
	if (request == old)
		return "same";
	if (new != request)
		return "refused";
	if (up(new) == up(old))
		return "move";
	return new > old ? "grow" : "shrink";
}

static void call(uintptr_t request)
{
	uintptr_t old = now, new = syscall(SYS_brk, request);

	now = new;
	if (quiet)
		return;
	say("expect\t%s\t0x%016lx\t0x%016lx\t0x%016lx\t%ld\t%ld\n",
	    kind(request, old, new), (long)request, (long)old, (long)new,
	    (long)(new - old), (long)(up(new) - up(old)) / (long)page);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 0);

	if (*end || end == text)
		fail("'%s' is no number", text);
	return value;
}

static void set_limits(int resource, rlim_t soft, const rlim_t *hard)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		fail("getrlimit: %s", strerror(errno));
	limit.rlim_cur = soft;
	if (hard)
		limit.rlim_max = *hard;
	if (setrlimit(resource, &limit))
		fail("setrlimit: %s", strerror(errno));
}

static void set_limit(int resource, rlim_t value)
{
	set_limits(resource, value, NULL);
}

/* The value of a "Key: N kB" line of /proc/self/status, in bytes. */
static long status(const char *key)
{
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, key);
	if (!at)
		fail("no %s in /proc/self/status", key);
	return strtol(at + strlen(key), NULL, 10) * 1024;
}

static void map(uintptr_t address, size_t size, int flags)
{
	if (mmap((void *)address, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags,
		 -1, 0) != (void *)address)
		fail("mmap at %lx: %s", (long)address, strerror(errno));
}

static void copy_file(const char *name)
{
	char text[4096];
	ssize_t n;
	int fd = -1;

	/* The name of a new process may come a moment late. */
	for (int i = 0; i < 1000 && fd < 0; i++) {
		fd = open(name, O_RDONLY);
		if (fd < 0 && errno != ENOENT)
			break;
		if (fd < 0)
			usleep(1000);
	}
	if (fd < 0)
		fail("%s: %s", name, strerror(errno));
	while ((n = read(fd, text, sizeof(text))) > 0)
		if (write(1, text, n) != n)
			_exit(4);
	if (n < 0)
		fail("%s: %s", name, strerror(errno));
	close(fd);
}

static void show(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/brkwatch/%d", getpid());
	copy_file(name);
}

static void pause_until_told(void)
{
	char c;

	say("ready\n");
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
}

static void reap(pid_t pid)
{
	int wstatus;

	if (pid < 0)
		fail("fork: %s", strerror(errno));
	say("child\t%d\n", pid);
	if (waitpid(pid, &wstatus, 0) != pid)
		fail("waitpid: %s", strerror(errno));
}

/* Returns in the child. */
static void become_child(void)
{
	pid_t pid = fork();

	if (!pid)
		return;
	reap(pid);
	_exit(0);
}

static void do_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		/* The break is the parent's, and so is what is printed. */
		call(now + page);
		_exit(0);
	}
	reap(pid);
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	reap(pid);
}

struct operation {
	const char *name;
	int arguments;
};

static const struct operation operations[] = {
	{ "query", 0 },		/* brk(0) */
	{ "grow", 1 },		/* by so many bytes; less than 0 shrinks */
	{ "to", 1 },		/* to start_brk plus so many bytes */
	{ "at", 1 },		/* to this address */
	{ "same", 0 },
	{ "burst", 1 },		/* so many calls, a page up, a page down, unsaid */
	{ "queries", 1 },	/* so many queries, unsaid */
	{ "data", 1 },		/* soft RLIMIT_DATA */
	{ "data+", 1 },		/* the same, above VmData */
	{ "data-max+", 1 },	/* the same, and the hard one */
	{ "as+", 1 },		/* soft RLIMIT_AS, above VmSize */
	{ "memlock+", 1 },	/* soft RLIMIT_MEMLOCK, above VmLck */
	{ "lock-future", 0 },	/* mlockall(MCL_FUTURE) */
	{ "map", 1 },		/* a page so far above the aligned break */
	{ "map-stack", 1 },	/* the same, growing downwards */
	{ "unmap", 1 },		/* what "map" has mapped there */
	{ "max-maps", 1 },	/* vm.max_map_count; spares everybody a shell with few */
	{ "unmap-heap", 0 },	/* munmap() it, break where it is */
	{ "seal-heap", 0 },	/* mseal() it */
	{ "prctl-brk", 1 },	/* PR_SET_MM_BRK, so far from the break */
	{ "undumpable", 0 },	/* PR_SET_DUMPABLE off */
	{ "user", 1 },		/* become that user */
	{ "fork", 0 },
	{ "vfork", 0 },		/* the child grows the heap by a page */
	{ "show", 0 },		/* /proc/brkwatch/<own pid> */
	{ "cat", 1 },		/* any file */
	{ "pause", 0 },		/* say "ready", wait for a byte or the end of stdin */
	{ "sleep", 1 },		/* milliseconds */
	{ "say", 1 },
	{ "thread", 0 },	/* one more, which does nothing */
	{ "child", -1 },	/* a child does what follows, and is waited for */
	{ "leave", -1 },	/* the main thread exits; another does what follows */
	{ "exec", -1 },		/* become another program; takes all that follows */
};

/* Only one: a second would have the same stack. */
static void thread(int (*run)(void *), void *data)
{
	static char stack[1 << 16] __attribute__((aligned(16)));

	if (clone(run, stack + sizeof(stack), CLONE_VM | CLONE_FS |
		  CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, data) < 0)
		fail("clone: %s", strerror(errno));
}

static int idle(void *data)
{
	for (;;)
		pause();
	return data != NULL;
}

static void run(const char *name, const char *text)
{
	long n = text && strcmp(name, "cat") && strcmp(name, "say") ?
		 number(text) : 0;

	if (!strcmp(name, "query")) {
		call(0);
	} else if (!strcmp(name, "grow")) {
		call(now + n);
	} else if (!strcmp(name, "to")) {
		call(start + n);
	} else if (!strcmp(name, "at")) {
		call(n);
	} else if (!strcmp(name, "same")) {
		call(now);
	} else if (!strcmp(name, "burst") || !strcmp(name, "queries")) {
		uintptr_t low = now, high = now + page;

		quiet = true;
		for (long i = 0; i < n; i++)
			call(*name == 'q' ? 0 : i & 1 ? low : high);
		quiet = false;
	} else if (!strcmp(name, "data")) {
		set_limit(RLIMIT_DATA, n);
	} else if (!strcmp(name, "data+")) {
		set_limit(RLIMIT_DATA, status("VmData:") + n);
	} else if (!strcmp(name, "data-max+")) {
		rlim_t limit = status("VmData:") + n;

		set_limits(RLIMIT_DATA, limit, &limit);
	} else if (!strcmp(name, "as+")) {
		set_limit(RLIMIT_AS, status("VmSize:") + n);
	} else if (!strcmp(name, "memlock+")) {
		set_limit(RLIMIT_MEMLOCK, status("VmLck:") + n);
	} else if (!strcmp(name, "lock-future")) {
		if (mlockall(MCL_FUTURE))
			fail("mlockall: %s", strerror(errno));
	} else if (!strcmp(name, "map")) {
		map(up(now) + n, page, 0);
	} else if (!strcmp(name, "map-stack")) {
		map(up(now) + n, page, MAP_GROWSDOWN);
	} else if (!strcmp(name, "unmap")) {
		if (munmap((void *)(up(now) + n), page))
			fail("munmap: %s", strerror(errno));
	} else if (!strcmp(name, "max-maps")) {
		int fd = open("/proc/sys/vm/max_map_count", O_WRONLY);

		if (write(fd, text, strlen(text)) < 0)
			fail("max_map_count: %s", strerror(errno));
		close(fd);
	} else if (!strcmp(name, "unmap-heap")) {
		if (munmap((void *)up(start), up(now) - up(start)))
			fail("munmap: %s", strerror(errno));
	} else if (!strcmp(name, "seal-heap")) {
		if (syscall(SYS_MSEAL, up(start), up(now) - up(start), 0))
			fail("mseal: %s", strerror(errno));
	} else if (!strcmp(name, "prctl-brk")) {
		if (prctl(PR_SET_MM, PR_SET_MM_BRK, now + n, 0, 0))
			fail("prctl: %s", strerror(errno));
		now += n;
	} else if (!strcmp(name, "undumpable")) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	} else if (!strcmp(name, "user")) {
		if (setresuid(n, n, n))
			fail("setresuid: %s", strerror(errno));
	} else if (!strcmp(name, "fork")) {
		do_fork();
	} else if (!strcmp(name, "vfork")) {
		do_vfork();
	} else if (!strcmp(name, "show")) {
		show();
	} else if (!strcmp(name, "cat")) {
		copy_file(text);
	} else if (!strcmp(name, "pause")) {
		pause_until_told();
	} else if (!strcmp(name, "sleep")) {
		usleep(n * 1000);
	} else if (!strcmp(name, "say")) {
		say("%s\n", text);
	} else if (!strcmp(name, "thread")) {
		thread(idle, NULL);
	}
}

/* Field 47 of /proc/self/stat, counted from behind the program's name. */
static uintptr_t start_brk(void)
{
	static char text[2048];
	int fd = open("/proc/self/stat", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < 47; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		fail("cannot read /proc/self/stat");
	return strtoul(at + 1, NULL, 10);
}

static int perform(void *data);

static void leave(char **argv)
{
	thread(perform, argv);
	syscall(SYS_exit, 0);
}

static int perform(void *data)
{
	for (char **argv = data; *argv; argv++) {
		const struct operation *op = operations;
		const struct operation *end = op + sizeof(operations) /
						   sizeof(*operations);

		while (op < end && strcmp(op->name, *argv))
			op++;
		if (op == end)
			fail("no operation '%s'", *argv);
		if (!strcmp(op->name, "child")) {
			become_child();
			continue;
		}
		if (!strcmp(op->name, "leave"))
			leave(argv + 1);
		if (op->arguments < 0) {
			execv(argv[1], argv + 1);
			fail("%s: %s", argv[1], strerror(errno));
		}
		if (op->arguments && !argv[1])
			fail("'%s' needs an argument", *argv);
		run(*argv, op->arguments ? argv[1] : NULL);
		argv += op->arguments;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	(void)argc;
	page = sysconf(_SC_PAGESIZE);
	start = start_brk();
	now = syscall(SYS_brk, 0);
	perform(argv + 1);
}
