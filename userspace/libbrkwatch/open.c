// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "libbrkwatch/open.h"
#include "libbrkwatch/process-file.h"

#define OPEN_RETRY_MS 10
#define OPEN_RETRIES 100

#define PF_KTHREAD 0x00200000	/* as in the kernel's sched.h */

enum task_kind {
	TASK_NONE,
	TASK_LIVE,
	TASK_ZOMBIE,
	TASK_KTHREAD,
	TASK_THREAD,		/* not the first one of its process */
};

static void complain_not_loaded(void)
{
	warn_user("the brkwatch module is not loaded; "
		  "load it with: sudo insmod brkwatch.ko (or modprobe brkwatch)");
}

static const char *directory(void)
{
	const char *dir = getenv("BRKWATCH_PROC");

	return dir && *dir ? dir : "/proc/brkwatch";
}

bool procfile_stat(const char *key, char *value, size_t size)
{
	size_t len = strlen(key), room = 0;
	char *path, *line = NULL;
	bool found = false;
	FILE *file;

	if (asprintf(&path, "%s/stats", directory()) < 0)
		return false;
	file = fopen(path, "re");
	free(path);
	while (file && !found && getline(&line, &room, file) > 0) {
		found = !strncmp(line, key, len) && !strncmp(line + len, ":\t", 2);
		if (found)
			snprintf(value, size, "%.*s", (int)strcspn(line + len + 2, "\n"),
				 line + len + 2);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

bool procfile_setup(struct options *opts)
{
	const char *dir = getenv("BRKWATCH_PROC");
	struct statfs fs;

	opts->proc_dir = directory();
	if (!statfs(opts->proc_dir, &fs)) {
		opts->recorded = fs.f_type != PROC_SUPER_MAGIC;
		return true;
	}
	if (dir && *dir)
		warn_user("%s: %s (from BRKWATCH_PROC)", opts->proc_dir, strerror(errno));
	else if (errno == ENOENT)
		complain_not_loaded();
	else
		warn_user("%s: %s", opts->proc_dir, strerror(errno));
	return false;
}

static ssize_t proc_text_read(pid_t pid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

/* The process a thread belongs to, or 0 where that is not known. */
static pid_t task_group(pid_t pid)
{
	char text[4096];
	const char *line;

	if (proc_text_read(pid, "status", text, sizeof(text)) <= 0)
		return 0;
	line = strstr(text, "\nTgid:");
	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : 0;
}

static enum task_kind task_look_up(pid_t pid)
{
	char text[1024];
	const char *p;
	char state;
	unsigned int flags;
	pid_t group;

	if (kill(pid, 0) && errno != EPERM)
		return TASK_NONE;
	if (proc_text_read(pid, "stat", text, sizeof(text)) <= 0)
		return TASK_LIVE;	/* hidden from us, but kill() has found it */
	p = strrchr(text, ')');
	if (!p || sscanf(p, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return TASK_LIVE;
	if (flags & PF_KTHREAD)
		return TASK_KTHREAD;
	group = task_group(pid);
	if (group && group != pid)
		return TASK_THREAD;
	return state == 'Z' || state == 'X' ? TASK_ZOMBIE : TASK_LIVE;
}

int procfile_try_open(const struct options *opts, pid_t pid)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%d", opts->proc_dir, pid) < 0)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(path);
	return fd;
}

int procfile_open(const struct options *opts, pid_t pid)
{
	const struct timespec pause = { .tv_nsec = OPEN_RETRY_MS * 1000000L };
	int fd = procfile_try_open(opts, pid);

	for (int i = 0; i < OPEN_RETRIES && (fd == -ENOENT || fd == -ESRCH); i++) {
		if (opts->recorded || task_look_up(pid) != TASK_LIVE)
			break;
		nanosleep(&pause, NULL);
		fd = procfile_try_open(opts, pid);
	}
	return fd;
}

static void complain_absent(pid_t pid)
{
	switch (task_look_up(pid)) {
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
		warn_user("%d: is a thread of process %d: ask for that number", pid,
			  task_group(pid));
		break;
	case TASK_LIVE:
		warn_user("%d: the brkwatch module does not know this process; "
			  "/proc/brkwatch/stats may tell why", pid);
		break;
	}
}

void procfile_complain(const struct options *opts, pid_t pid, int error,
		       const struct snapshot *snap)
{
	if (error == -EPROTO && opts->input)
		warn_user("%s: %s", opts->input, snap->problem);
	else if (error == -EPROTO && snap)
		warn_user("%s/%d: %s", opts->proc_dir, pid, snap->problem);
	else if ((error == -ENOENT || error == -ESRCH) && opts->recorded)
		warn_user("%d: no such file in %s", pid, opts->proc_dir);
	else if (error == -ENOENT && access(opts->proc_dir, F_OK))
		complain_not_loaded();
	else if (error == -ENOENT || error == -ESRCH)
		complain_absent(pid);
	else if (error == -EACCES || error == -EPERM)
		warn_user("%d: permission denied; needed is what /proc/%d/maps needs: "
			  "the same user and ptrace access, or root", pid, pid);
	else
		warn_user("%s/%d: %s", opts->proc_dir, pid, strerror(-error));
}
