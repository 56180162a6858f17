// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "libbrkwatch/internal.h"
#include "libbrkwatch/task.h"

#define AWAIT_STEP_MS	10
#define AWAIT_STEPS	100

int brkwatch_open(struct brkwatch **bw, const char *directory)
{
	struct statfs fs;

	if (!directory)
		directory = "/proc/brkwatch";
	if (statfs(directory, &fs))
		return -errno;
	*bw = malloc(sizeof(**bw));
	if (!*bw)
		return -ENOMEM;
	(*bw)->live = fs.f_type == PROC_SUPER_MAGIC;
	(*bw)->directory = strdup(directory);
	if ((*bw)->directory)
		return 0;
	free(*bw);
	return -ENOMEM;
}

void brkwatch_close(struct brkwatch *bw)
{
	if (bw)
		free((char *)bw->directory);
	free(bw);
}

const char *brkwatch_directory(const struct brkwatch *bw)
{
	return bw->directory;
}

bool brkwatch_is_live(const struct brkwatch *bw)
{
	return bw->live;
}

int brkwatch_open_file(const struct brkwatch *bw, const char *name)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", bw->directory, name) < 0)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(path);
	return fd;
}

int brkwatch_read_file(const struct brkwatch *bw, const char *name, struct text *text)
{
	int fd = brkwatch_open_file(bw, name), rc;

	if (fd < 0)
		return fd;
	rc = text_read(text, fd);
	close(fd);
	return rc;
}

int brkwatch_open_process(const struct brkwatch *bw, pid_t pid)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", pid);
	return brkwatch_open_file(bw, name);
}

int brkwatch_await_process(const struct brkwatch *bw, pid_t pid)
{
	const struct timespec pause = { .tv_nsec = AWAIT_STEP_MS * 1000000L };
	int fd = brkwatch_open_process(bw, pid);

	for (int i = 0; i < AWAIT_STEPS && (fd == -ENOENT || fd == -ESRCH); i++) {
		if (!bw->live || task_kind(pid, NULL) != TASK_LIVE)
			break;
		nanosleep(&pause, NULL);
		fd = brkwatch_open_process(bw, pid);
	}
	return fd;
}

uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}
