// SPDX-License-Identifier: GPL-2.0
/* Breaks, what decides over them, and processes that come and go. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "../userns.h"
#include "fuzz.h"

#define DEPTH		3	/* of children's children */
#define CHILDREN	8

static pthread_mutex_t children_lock = PTHREAD_MUTEX_INITIALIZER;
static struct { pid_t pid; long calls; } children[CHILDREN];
int depth;

void call_brk(uintptr_t request)
{
	shared->begun++;
	syscall(SYS_brk, request);
	shared->done++;
}

void do_brk(void)
{
	for (int n = dice(20); n >= 0; n--) {
		switch (dice(6)) {
		case 0: call_brk(0); break;
		case 1: call_brk(dice(PAGE)); break;
		case 2: call_brk(low + (~0UL >> 2) + dice(PAGE)); break;
		default: call_brk(low + (dice(2) ? dice(64) * PAGE : dice(64 * PAGE))); break;
		}
	}
}

void do_prctl(void)
{
	uintptr_t to = low + dice(64) * PAGE;

	switch (dice(6)) {
	case 0: prctl(PR_SET_MM, PR_SET_MM_BRK, to, 0, 0); break;
	case 1: prctl(PR_SET_NAME, dice(2) ? "fuzz\tproc\n" : "\\"); break;
	case 2: prctl(PR_SET_DUMPABLE, dice(4) != 0); break;
	case 3: mlockall(MCL_FUTURE | (dice(2) ? MCL_ONFAULT : 0)); break;
	case 4: munlockall(); break;
	case 5: setitimer(ITIMER_REAL, &(struct itimerval) { { 0, 0 }, { 0, dice(5000) } }, NULL); break;
	}
}

void do_limit(void)
{
	static const int resources[] = { RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_NOFILE, RLIMIT_AS };
	int resource = PICK(resources);
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return;
	limit.rlim_cur = dice(2) ? limit.rlim_max : resource == RLIMIT_NOFILE ? 3 + dice(200) : dice(1 << 27);
	setrlimit(resource, &limit);
}

void do_namespace(void)
{
	static const int flags[] = { CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS, CLONE_FILES, CLONE_NEWPID | CLONE_NEWNS,
				     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS };
	static const char *const kinds[] = { "user", "pid", "mnt", "pid_for_children" };
	char name[64];
	int flag = PICK(flags), fd;

	if (!depth)
		return;
	switch (dice(4)) {
	case 0:
		if (!unshare(flag) && flag & CLONE_NEWNS)
			own_mounts = !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		break;
	case 1:
		snprintf(name, sizeof(name), "/proc/%d/ns/%s", PICK(shared->pids), PICK(kinds));
		fd = open(name, O_RDONLY);
		if (!setns(fd, 0))
			own_mounts = false;
		close(fd);
		break;
	case 2:
		if (own_mounts)
			mount_own_proc();
		break;
	case 3:
		if (own_mounts)
			umount2("/proc", MNT_DETACH);
		break;
	}
}

/* ---- processes ---- */

/* Locked. Waits for those that need not be waited for, or for all, killed. */
static void reap(bool all)
{
	int status;

	for (int i = 0; i < CHILDREN; i++) {
		if (!children[i].pid)
			continue;
		if (all)
			kill(children[i].pid, SIGKILL);
		if (waitpid(children[i].pid, &status, all ? __WALL : __WALL | WNOHANG) != children[i].pid)
			continue;
		shared->killed += WIFSIGNALED(status);
		if (!status)
			shared->done += children[i].calls;
		children[i].pid = 0;
	}
}

void reap_all(void)
{
	pthread_mutex_lock(&children_lock);
	reap(true);
	pthread_mutex_unlock(&children_lock);
}

/* Locked. */
static void add_child(pid_t pid, long calls)
{
	int i = 0;

	shared->processes++;
	PICK(shared->pids) = pid;
	while (i < CHILDREN && children[i].pid)
		i++;
	if (i == CHILDREN) {
		reap(true);
		i = 0;
	}
	children[i].pid = pid;
	children[i].calls = calls;
}

void exec_program(int i)
{
	shared->begun += atol(programs[i + 1]);
	if (!dup2(null, 0) && dup2(null, 1) == 1)
		execl(programs[i], programs[i], "x", NULL);
	_exit(127);
}

void do_fork(void)
{
	bool execs = n_programs && dice(4) == 0;
	int i = execs ? 2 * dice(n_programs) : 0;
	uint64_t seed = state ^ dice(1U << 31);
	pid_t pid;

	if (depth >= DEPTH || dice(3))
		return;
	pthread_mutex_lock(&children_lock);
	pid = fork();
	if (pid > 0)
		add_child(pid, execs ? atol(programs[i + 1]) : 0);
	if (pid) {
		pthread_mutex_unlock(&children_lock);
		return;
	}
	if (execs)
		exec_program(i);
	state = seed;
	depth++;
	memset(children, 0, sizeof(children));
	pthread_mutex_init(&children_lock, NULL);
	fuzz(dice(200));
	reap_all();
	_exit(0);
}

static int sharer(void *unused)
{
	(void)unused;
	for (int i = 0; i < 5; i++) {
		do_brk();
		do_open();
		do_close();
	}
	_exit(0);
}

static pid_t vfork_program(int i)
{
	pid_t pid = vfork();

	if (!pid) {
		call_brk(low + dice(64) * PAGE);
		exec_program(i);
	}
	return pid;
}

/* They have the same break, and one waits for the other to end. */
void do_share(void)
{
	static _Thread_local char stack[65536] __attribute__((aligned(16)));
	bool execs = n_programs && dice(2);
	int i = execs ? 2 * dice(n_programs) : 0, status = -1;
	pid_t pid;

	if (dice(3))
		return;
	if (execs)
		pid = vfork_program(i);
	else
		pid = clone(sharer, stack + sizeof(stack),
			    CLONE_VM | SIGCHLD | (dice(2) ? CLONE_FILES : 0), NULL);
	if (pid < 0)
		return;
	shared->processes++;
	PICK(shared->pids) = pid;
	while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	if (execs && !status)
		shared->done += atol(programs[i + 1]);
}

void do_kill(void)
{
	pid_t pid;

	pthread_mutex_lock(&children_lock);
	reap(false);
	pid = PICK(children).pid;
	if (pid && dice(2)) {
		kill(pid, SIGKILL);
	} else if (pid) {
		kill(pid, SIGSTOP);
		usleep(dice(2000));
		kill(pid, SIGCONT);
	}
	pthread_mutex_unlock(&children_lock);
	/* From any thread, and the others are no more. */
	if (n_programs && !depth && dice(100) == 0)
		exec_program(2 * dice(n_programs));
}
