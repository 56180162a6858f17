// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/why-not.h"
#include "libbrkwatch/task.h"

static void complain_not_loaded(void)
{
	warn_user("the brkwatch module is not loaded; "
		  "load it with: sudo insmod brkwatch.ko (or modprobe brkwatch)");
}

struct brkwatch *open_directory(void)
{
	const char *directory = getenv("BRKWATCH_PROC");
	bool named = directory && *directory;
	struct brkwatch *bw;
	int rc = brkwatch_open(&bw, named ? directory : NULL);

	if (!rc)
		return bw;
	if (named)
		warn_user("%s: %s (from BRKWATCH_PROC)", directory, strerror(-rc));
	else if (rc == -ENOENT)
		complain_not_loaded();
	else
		warn_user("/proc/brkwatch: %s", strerror(-rc));
	return NULL;
}

static void complain_absent(pid_t pid)
{
	pid_t process;

	switch (task_kind(pid, &process)) {
	case TASK_NONE:
		warn_user("%d: no such process", pid);
		break;
	case TASK_ZOMBIE:
		warn_user("%d: has exited and only waits for its parent (zombie): "
			  "its address space is gone", pid);
		break;
	case TASK_KTHREAD:
		warn_user("%d: is a kernel thread and has no address space", pid);
		break;
	case TASK_THREAD:
		warn_user("%d: is a thread of process %d: ask for that number", pid, process);
		break;
	case TASK_LIVE:
		warn_user("%d: the brkwatch module does not know this process; "
			  "/proc/brkwatch/stats may tell why", pid);
		break;
	}
}

void complain_of_process(const struct brkwatch *bw, pid_t pid, int error, const char *problem)
{
	const char *directory = brkwatch_directory(bw);
	bool absent = error == -ENOENT || error == -ESRCH;

	if (error == -EPROTO)
		warn_user("%s/%d: %s", directory, pid, problem);
	else if (absent && !brkwatch_is_live(bw))
		warn_user("%d: no such file in %s", pid, directory);
	else if (error == -ENOENT && access(directory, F_OK))
		complain_not_loaded();
	else if (absent)
		complain_absent(pid);
	else if (error == -EACCES || error == -EPERM)
		warn_user("%d: permission denied; needed is what /proc/%d/maps needs: "
			  "the same user and ptrace access, or root", pid, pid);
	else
		warn_user("%s/%d: %s", directory, pid, strerror(-error));
}

void complain_of_file(const struct brkwatch *bw, const char *file, int error)
{
	const char *directory = brkwatch_directory(bw);

	if (brkwatch_is_live(bw) && access(directory, F_OK))
		warn_user("the brkwatch module is not loaded any more");
	else if (error == -EPROTO)
		warn_user("%s/%s: a column is missing, or a row is not understood", directory, file);
	else
		warn_user("%s/%s: %s", directory, file, strerror(-error));
}

bool warn_of_probes(const struct brkwatch *bw)
{
	if (brkwatch_probes_work(bw))
		return true;
	warn_user("warning: brk calls are not being recorded: kprobes seem to be switched off "
		  "(look at sysctl kernel.ftrace_enabled and /sys/kernel/debug/kprobes/enabled)");
	return false;
}
