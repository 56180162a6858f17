// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/command.h"
#include "common/signals.h"

/* The size of the kernel's sigset_t; that of the C library is larger. */
#define KERNEL_SIGSET_SIZE	8

/*
 * The child waits until it hears whether it is traced. If the socket closes instead, we have ended,
 * and the child ends, too. The socket also closes when exec succeeds.
 */
static void __attribute__((noreturn)) become(char *const *command, int fd, const sigset_t *mask)
{
	bool traced;
	int error;

	signals_restore();
	if (recv(fd, &traced, sizeof(traced), 0) == sizeof(traced)) {
		if (!traced)
			sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(*command, command);
		error = errno;
		send(fd, &error, sizeof(error), MSG_NOSIGNAL);
	}
	_exit(STATUS_COMMAND_FAILED);
}

/* Returns false if it ends before. A signal that stops it takes effect until it is continued. */
static bool stops_at_exec(pid_t pid)
{
	siginfo_t info;

	for (;;) {
		int event, sig;

		/* launch_status() collects its exit status. */
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOWAIT)) {
			if (errno == EINTR)
				continue;
			return false;
		}
		if (info.si_code != CLD_TRAPPED)
			return false;
		event = info.si_status >> 8;
		sig = info.si_status & 0xff;
		if (event == PTRACE_EVENT_EXEC)
			return true;
		if (event == PTRACE_EVENT_STOP)
			ptrace(sig == SIGTRAP ? PTRACE_CONT : PTRACE_LISTEN, pid, 0, 0);
		else
			ptrace(PTRACE_CONT, pid, 0, sig);
	}
}

int launch_start(struct launch *launch, char *const *command, bool must)
{
	int ends[2], error = 0;
	sigset_t all, mask;
	bool traced;

	*launch = (struct launch){ .oom_kills = oom_kills(fopen("/proc/self/cgroup", "re")) };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		warn_user("cannot start %s: %s", *command, strerror(errno));
		return STATUS_COMMAND_FAILED;
	}
	/* Each signal would stop the child before exec; with many of them it would never get there. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	launch->pid = fork();
	if (!launch->pid) {
		close(ends[0]);
		become(command, ends[1], &mask);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(ends[1]);
	if (launch->pid < 0) {
		warn_user("cannot start %s: %s", *command, strerror(errno));
		close(ends[0]);
		return STATUS_COMMAND_FAILED;
	}
	traced = !ptrace(PTRACE_SEIZE, launch->pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	if (must && !traced) {
		warn_user("cannot hold %s before its first instruction: ptrace(2): %s; see sysctl "
			  "kernel.yama.ptrace_scope. A process that already runs can be followed by its PID",
			  *command, strerror(errno));
		close(ends[0]);
		return launch_status(launch);
	}
	send(ends[0], &traced, sizeof(traced), MSG_NOSIGNAL);
	launch->held = traced && stops_at_exec(launch->pid) &&
		       !ptrace(PTRACE_SETSIGMASK, launch->pid, KERNEL_SIGSET_SIZE, &mask);
	recv(ends[0], &error, sizeof(error), MSG_WAITALL);
	close(ends[0]);
	/* Something may have killed it. */
	if (!error)
		return traced && !launch->held ? launch_status(launch) : 0;
	launch_status(launch);
	warn_user("cannot run %s: %s", *command, strerror(error));
	return error == ENOENT ? STATUS_COMMAND_ABSENT : STATUS_COMMAND_UNUSABLE;
}

void launch_release(struct launch *launch)
{
	if (launch->held)
		ptrace(PTRACE_DETACH, launch->pid, 0, 0);
	launch->held = false;
}

bool launch_ended(const struct launch *launch)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, (id_t)launch->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

/* Of this cgroup, or if the memory controller is off in it, of the next one above that has it. Cuts @cgroup. */
static FILE *open_memory_events(char *cgroup)
{
	FILE *events = NULL;
	char *path;

	while (!events && *cgroup && asprintf(&path, "/sys/fs/cgroup%s/memory.events", cgroup) >= 0) {
		events = fopen(path, "re");
		free(path);
		*strrchr(cgroup, '/') = '\0';
	}
	return events;
}

uint64_t oom_kills(FILE *cgroup)
{
	char *line = NULL;
	uint64_t kills = 0;
	FILE *events = NULL;
	size_t room = 0;

	while (cgroup && !events && getline(&line, &room, cgroup) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			events = open_memory_events(line + 3);
	}
	while (events && getline(&line, &room, events) > 0 && sscanf(line, "oom_kill %" SCNu64, &kills) != 1)
		;
	if (events)
		fclose(events);
	if (cgroup)
		fclose(cgroup);
	free(line);
	return kills;
}

/* A shell reports the end of its command in the same way. */
static void say_what_killed(const struct launch *launch, int status)
{
	if (status == 128 + SIGSYS)
		warn_user("the command was killed by SIGSYS: seccomp did not allow a call, which may have "
			  "been brk; a brk that seccomp stops has no event. Find the filter with "
			  "'strace -f -e trace=seccomp,prctl'");
	else if (status == 128 + SIGKILL && oom_kills(fopen("/proc/self/cgroup", "re")) > launch->oom_kills)
		warn_user("the command was killed by SIGKILL, and its memory cgroup killed a process "
			  "meanwhile (oom_kill): the memory in use exceeded memory.max. Raise that, or use less");
}

int launch_status(const struct launch *launch)
{
	int status;

	while (waitpid(launch->pid, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_COMMAND_FAILED;
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	say_what_killed(launch, status);
	return status;
}
