// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/command.h"

/* What the child has to say before it becomes the command. */
struct message {
	int ptrace_error;
	int exec_error;
};

/*
 * The descriptor closes when exec works. Signals wait until then: one of them would stop the
 * child, which is traced, and nobody would see it.
 */
static void __attribute__((noreturn)) become(char *const *command, int fd, const sigset_t *mask)
{
	struct message message = { 0 };

	/* It stops at the end of exec. */
	if (ptrace(PTRACE_TRACEME, 0, 0, 0)) {
		message.ptrace_error = errno;
		if (write(fd, &message, sizeof(message)) < 0)
			_exit(STATUS_COMMAND_FAILED);
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(*command, command);
	message.exec_error = errno;
	if (write(fd, &message, sizeof(message)) < 0)
		_exit(STATUS_COMMAND_FAILED);
	_exit(STATUS_COMMAND_UNUSABLE);
}

static int wait_for(pid_t pid, int *status)
{
	pid_t ret;

	do {
		ret = waitpid(pid, status, 0);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

int launch_start(struct launch *launch, char *const *command)
{
	struct message message;
	bool untraced = false;
	sigset_t all, mask;
	int fds[2], status;

	*launch = (struct launch){ 0 };
	/* Or nobody would keep the status for us. */
	signal(SIGCHLD, SIG_DFL);
	if (pipe2(fds, O_CLOEXEC)) {
		warn_user("%s", strerror(errno));
		return STATUS_COMMAND_FAILED;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	launch->pid = fork();
	if (!launch->pid)
		become(command, fds[1], &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (launch->pid < 0) {
		warn_user("%s", strerror(errno));
		return STATUS_COMMAND_FAILED;
	}
	close(fds[1]);
	while (read(fds[0], &message, sizeof(message)) == sizeof(message)) {
		untraced = true;
		if (!message.exec_error)
			continue;
		wait_for(launch->pid, &status);
		close(fds[0]);
		warn_user("%s: %s", *command, strerror(message.exec_error));
		return message.exec_error == ENOENT ? STATUS_COMMAND_ABSENT :
						      STATUS_COMMAND_UNUSABLE;
	}
	close(fds[0]);
	if (!untraced)
		launch->held = !wait_for(launch->pid, &status) && WIFSTOPPED(status);
	return 0;
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

int launch_status(const struct launch *launch)
{
	int status;

	if (wait_for(launch->pid, &status))
		return STATUS_COMMAND_FAILED;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
