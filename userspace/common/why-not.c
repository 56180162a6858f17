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
		warn_user("%s: %s (from BRKWATCH_PROC)", directory, strerror(-rc));
	else if (rc == -ENOENT)
		complain_not_loaded();
	else
		warn_user("/proc/brkwatch: %s", strerror(-rc));
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
		warn_user("%d: not visible in this /proc (see hidepid in proc(5))", pid);
		break;
	case TASK_ZOMBIE:
		warn_user("%d: has exited and waits for its parent (zombie), so it has no address space", pid);
		break;
	case TASK_KTHREAD:
		warn_user("%d: is a kernel thread and has no address space", pid);
		break;
	case TASK_THREAD:
		warn_user("%d: is a thread of process %d; use that number", pid, process);
		break;
	case TASK_LIVE:
		return false;
	}
	return true;
}

static void complain_absent(pid_t pid)
{
	if (!complain_of_task(pid))
		warn_user("%d: the brkwatch module has no file for this process; "
			  "see RecordsRefused and the probes in /proc/brkwatch/stats", pid);
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
		warn_user("%d: permission denied; this needs the same rights as reading /proc/%d/maps: "
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
		warn_user("%s/%s: a column is missing or a row is damaged", directory, file);
	else
		warn_user("%s/%s: %s", directory, file, strerror(-error));
}

bool warn_of_probes(const struct brkwatch *bw)
{
	if (brkwatch_probes_work(bw))
		return true;
	warn_user("warning: the module does not record brk calls: kprobes seem to be switched off; "
		  "check sysctl kernel.ftrace_enabled and /sys/kernel/debug/kprobes/enabled");
	return false;
}
