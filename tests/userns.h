/* SPDX-License-Identifier: GPL-2.0 */
/* What any user may have: namespaces of his own, in which he is root. */
#ifndef USERNS_H
#define USERNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

static inline bool write_text(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);
	bool written = fd >= 0 && dprintf(fd, "%s", text) > 0;

	close(fd);
	return written;
}

/* Also of pids and mounts. The next child is the first process there. */
static inline bool new_namespaces(void)
{
	char uids[32], gids[32];

	snprintf(uids, sizeof(uids), "0 %u 1", getuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getgid());
	return !unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) &&
	       write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/uid_map", uids) &&
	       write_text("/proc/self/gid_map", gids);
}

/* What that child does first. */
static inline bool mount_own_proc(void)
{
	return !mount("proc", "/proc", "proc", 0, NULL);
}

#endif
