// SPDX-License-Identifier: GPL-2.0
/*
 * race exec PLAIN SECONDS TRIES [OPENERS] - may an open slip through an exec?
 *
 * A process of an ordinary user execs in turn PLAIN, which is not
 * position-independent, and this program as setuid root, which becomes that
 * user again. Other processes of the user open its /proc/brkwatch file over and
 * over. A break above LOW is that of the privileged address space: a leak.
 *
 * race creds SECONDS TRIES - the same while the process changes its user id.
 * Whether it may be read is known of any open before and after which the
 * process was, and still was, at the same user id.
 *
 * race threads SECONDS TRIES - nor may it while a thread exits. The process is
 * root's; its main thread has exited, and of the others each lives but for a
 * moment. root may open it, the user may not.
 *
 * Ends at TRIES or after SECONDS; prints "opens N ok N refused N leaks N ...".
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOW	(1ULL << 40)
#define USER	1000
#define OTHER	1001

struct shared {
	atomic_long tries, opens, ok, refused, gone, leaks, wrong, turns;
	atomic_ulong state;	/* odd: changing; else half of it counts changes */
	atomic_bool stop;
};

static struct shared *shared;
static char self[PATH_MAX];
static char file[64];

static void die(const char *what)
{
	dprintf(2, "race: %s: %s\n", what, strerror(errno));
	_exit(3);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		die("setresuid");
}

/* The break that the open file shows. */
static unsigned long long start_brk(int fd)
{
	char text[512], *at;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "StartBrk:\t");
	if (!at)
		die("no StartBrk");
	return strtoull(at + strlen("StartBrk:\t"), NULL, 16);
}

static void count(int fd)
{
	if (fd >= 0)
		shared->ok++;
	else if (errno == EACCES)
		shared->refused++;
	else if (errno == ESRCH)
		shared->gone++;
	else
		die(file);
}

static void open_execed(void)
{
	while (!shared->stop && shared->tries-- > 0) {
		int fd = open(file, O_RDONLY);

		shared->opens++;
		count(fd);
		if (fd < 0)
			continue;
		if (start_brk(fd) > LOW)
			shared->leaks++;
		close(fd);
	}
}

static void open_changing(void)
{
	while (!shared->stop && shared->tries-- > 0) {
		unsigned long before = shared->state, after;
		int fd = open(file, O_RDONLY), err = errno;

		after = shared->state;
		shared->opens++;
		errno = err;
		count(fd);
		if (before == after && !(before & 1)) {
			bool mine = !(before & 2);

			if (fd >= 0 && !mine)
				shared->leaks++;
			if (fd < 0 && mine)
				shared->wrong++;
		}
		if (fd >= 0)
			close(fd);
	}
}

/* The first opener is root. */
static void open_threads(void)
{
	bool may = !geteuid();

	while (!shared->stop && shared->tries-- > 0) {
		int fd = open(file, O_RDONLY);

		shared->opens++;
		count(fd);
		if (fd >= 0 && !may)
			shared->leaks++;
		if (fd < 0 && may && errno == EACCES)
			shared->wrong++;
		if (fd >= 0)
			close(fd);
	}
}

static char stacks[2][1 << 14] __attribute__((aligned(16)));
static volatile pid_t alive[2];

/* Gives the process to another thread, once the one before is gone. */
static int relay(void *data)
{
	long next = !(long)data;

	while (alive[next])
		sched_yield();
	if (clone(relay, stacks[next] + sizeof(stacks[next]),
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		  CLONE_THREAD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
		  (void *)next, NULL, NULL, &alive[next]) < 0)
		die("clone");
	shared->turns++;
	return 0;
}

static void start_relay(void)
{
	relay((void *)0);
	syscall(SYS_exit, 0);
}

/* Changes the user id, again and again; keeps the one capability it takes. */
static void change(void)
{
	uid_t uid = USER;

	shared->state++;
	while (!shared->stop) {
		double until = now() + (random() % 1000) / 1e6;

		while (now() < until)
			;
		uid = uid == USER ? OTHER : USER;
		shared->state++;
		if (setresuid(uid, uid, uid) ||
		    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
			die("change");
		shared->state++;
		shared->turns++;
	}
	_exit(0);
}

/* The user, with CAP_SETUID and no more. */
static void become_changer(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = 1 << CAP_SETUID, .permitted = 1 << CAP_SETUID },
	};

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		die("keepcaps");
	become(USER);
	if (syscall(SYS_capset, &head, data))
		die("capset");
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static pid_t start(void (*prepare)(void), void (*work)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	prepare();
	work();
	_exit(0);
}

static void become_user(void)
{
	become(USER);
}

static void stay_root(void)
{
}

static char *plain;

/* PLAIN is brkdo, which execs what it is told: this program, as setuid root. */
static void exec_plain(void)
{
	char *args[] = { plain, "exec", self, plain, NULL };

	execv(plain, args);
	die(plain);
}

static void wait_for_name(void)
{
	double until = now() + 60;
	int fd;

	while ((fd = open(file, O_RDONLY)) < 0 && now() < until)
		usleep(1000);
	if (fd < 0)
		die(file);
	close(fd);
}

int main(int argc, char **argv)
{
	bool execs = argc > 1 && !strcmp(argv[1], "exec");
	bool threads = argc > 1 && !strcmp(argv[1], "threads");
	int openers = 2, status, bad = 0;
	double begin, end;
	pid_t target;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("exe");
	if (geteuid() != getuid()) {
		plain = argv[1];
		if (setresuid(getuid(), getuid(), getuid()))
			die("setresuid");
		exec_plain();
	}
	if (argc < 4 + execs)
		return 2;
	if (argc > 4 + execs)
		openers = atoi(argv[4 + execs]);

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	plain = argv[2];
	shared->tries = atol(argv[3 + execs]);
	/* It has to become the user first. */
	shared->state = 3;

	target = execs ? start(become_user, exec_plain) :
		 threads ? start(stay_root, start_relay) :
			   start(become_changer, change);
	snprintf(file, sizeof(file), "/proc/brkwatch/%d", target);
	wait_for_name();
	begin = now();
	end = begin + atof(argv[2 + execs]);
	for (int i = 0; i < openers; i++) {
		if (threads)
			start(i ? become_user : stay_root, open_threads);
		else
			start(execs ? become_user : become_changer,
			      execs ? open_execed : open_changing);
	}
	while (shared->tries > 0 && now() < end)
		usleep(10000);
	shared->stop = true;
	for (int i = 0; i < openers; i++) {
		if (wait(&status) == target)
			i--;
		else if (status)
			bad++;
	}
	end = now();
	kill(target, SIGKILL);
	while (wait(NULL) > 0)
		;
	printf("opens %ld ok %ld refused %ld gone %ld leaks %ld wrong %ld turns %ld seconds %.1f failed %d\n",
	       shared->opens, shared->ok, shared->refused, shared->gone,
	       shared->leaks, shared->wrong, shared->turns, end - begin, bad);
	return bad || shared->leaks || shared->wrong || !shared->ok;
}
