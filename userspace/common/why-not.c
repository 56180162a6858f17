// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/why-not.h"
#include "libbrkwatch/task.h"

static void complain_not_loaded(void)
{
	warn_user("the brkwatch module is not loaded; "
		  "load it with 'sudo modprobe brkwatch' or 'sudo insmod brkwatch.ko'");
}

static const char *named_directory(void)
{
	const char *directory = getenv("BRKWATCH_PROC");

	return directory && *directory ? directory : NULL;
}

struct brkwatch *find_directory(void)
{
	struct brkwatch *bw;

	return brkwatch_open(&bw, named_directory()) ? NULL : bw;
}

struct brkwatch *open_directory(void)
{
	const char *directory = named_directory();
	struct brkwatch *bw;
	int rc = brkwatch_open(&bw, directory);

	if (!rc)
		return bw;
	if (directory)
		warn_user("cannot open %s, which BRKWATCH_PROC names: %s; unset it to read /proc/brkwatch",
			  directory, strerror(-rc));
	else if (rc == -ENOENT)
		complain_not_loaded();
	else
		warn_user("cannot open /proc/brkwatch: %s", strerror(-rc));
	return NULL;
}

bool complain_of_task(pid_t pid)
{
	pid_t process;

	switch (task_kind(pid, &process)) {
	case TASK_NONE:
		warn_user("%d: no such process", pid);
		break;
	case TASK_HIDDEN:
		warn_user("%d: this /proc hides the process (hidepid, see proc(5)); this needs root, or the group that "
			  "the mount option gid names", pid);
		break;
	case TASK_ZOMBIE:
		warn_user("%d: has exited and waits for its parent (zombie), so it has no address space", pid);
		break;
	case TASK_KTHREAD:
		warn_user("%d: is a kernel thread and has no address space", pid);
		break;
	case TASK_THREAD:
		warn_user("%d: is a thread of process %d; use that PID", pid, process);
		break;
	case TASK_LIVE:
		return false;
	}
	return true;
}

static void complain_absent(pid_t pid)
{
	if (!complain_of_task(pid))
		warn_user("%d: the brkwatch module has no file for this process yet; "
			  "see NamesRescans and the probe fork in /proc/brkwatch/stats", pid);
}

/* What helps, after the text of an error. */
static const char *remedy(int error)
{
	return error == -EMFILE ? "; raise the limit of open files with 'ulimit -n'" : "";
}

void complain_of_process(const struct brkwatch *bw, pid_t pid, int error, const char *problem)
{
	const char *directory = brkwatch_directory(bw);
	bool absent = error == -ENOENT || error == -ESRCH;

	if (error == -EPROTO)
		warn_user("%s/%d: %s; use the programs that came with the module", directory, pid, problem);
	else if (absent && !brkwatch_is_live(bw))
		warn_user("%d: no such file in %s", pid, directory);
	else if (error == -ENOENT && access(directory, F_OK))
		complain_not_loaded();
	else if (absent)
		complain_absent(pid);
	else if (error == -EACCES || error == -EPERM)
		warn_user("%d: permission denied; this needs the same rights as reading /proc/%d/maps: "
			  "the same user and ptrace access, or root", pid, pid);
	else if (error == -ENOMEM && brkwatch_is_live(bw))
		warn_user("%d: the module has no memory for this: all of its parameters records or memory is used up, "
			  "or your share; see SHARES in brkwatch(4)", pid);
	else
		warn_user("cannot read %s/%d: %s%s", directory, pid, strerror(-error), remedy(error));
}

void complain_of_file(const struct brkwatch *bw, const char *file, int error)
{
	const char *directory = brkwatch_directory(bw);

	if (brkwatch_is_live(bw) && access(directory, F_OK))
		warn_user("the brkwatch module has been unloaded; load it again with 'sudo modprobe brkwatch'");
	else if (error == -EPROTO)
		warn_user("%s/%s: a column is missing or a row is damaged; use the programs that came with the module",
			  directory, file);
	else
		warn_user("cannot read %s/%s: %s", directory, file, strerror(-error));
}

/* The number behind @key in a file, which is closed; 0 if there is none. */
static int number_in(FILE *file, const char *key)
{
	char line[256];
	int number = 0;

	while (file && !number && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			number = atoi(line + strlen(key));
	if (file)
		fclose(file);
	return number;
}

void complain_of_attach(pid_t pid, const char *what, int error)
{
	const int scope = number_in(fopen("/proc/sys/kernel/yama/ptrace_scope", "re"), "");

	if (error == -ESRCH && complain_of_task(pid))
		return;
	if (error != -EPERM && error != -EACCES)
		warn_user("%d: cannot %s: %s", pid, what, strerror(-error));
	else if (scope == 3)
		warn_user("%d: cannot %s: permission denied; sysctl kernel.yama.ptrace_scope is 3, which forbids it "
			  "until the next boot", pid, what);
	else if (scope)
		warn_user("%d: cannot %s: permission denied; this needs root, or the same user and sysctl "
			  "kernel.yama.ptrace_scope=0 (it is %d)", pid, what, scope);
	else
		warn_user("%d: cannot %s: permission denied; this needs root, or the same user", pid, what);
}

void complain_of_stop(pid_t pid, int error)
{
	const pid_t tracer = number_in(task_open(pid, "status"), "TracerPid:");

	if (error == -EPERM && tracer)
		warn_user("%d: cannot stop it: process %d traces it (TracerPid), and only one can", pid, tracer);
	else
		complain_of_attach(pid, "stop it", error);
}

void complain_of_following(const char *what, int error)
{
	warn_user("cannot follow %s: %s%s", what, strerror(-error), remedy(error));
}

bool warn_of_probes(const struct brkwatch *bw)
{
	if (brkwatch_probes_work(bw))
		return true;
	warn_user("warning: the module does not record brk calls: kprobes seem to be switched off; "
		  "check sysctl kernel.ftrace_enabled and /sys/kernel/debug/kprobes/enabled");
	return false;
}
