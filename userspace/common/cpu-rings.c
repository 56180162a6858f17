// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/cpu-rings.h"

size_t rings_share(size_t most, size_t least, size_t all)
{
	const size_t online = (size_t)sysconf(_SC_NPROCESSORS_ONLN);

	while (most > least && most * online > all)
		most /= 2;
	return most;
}

void rings_init(struct cpu_rings *rings, size_t bytes)
{
	*rings = (struct cpu_rings){ .bytes = bytes, .n_cpus = (size_t)sysconf(_SC_NPROCESSORS_CONF) };
	rings->cpus = needed(calloc(rings->n_cpus, sizeof(*rings->cpus)));
	for (size_t i = 0; i < rings->n_cpus; i++)
		rings->cpus[i].fd = -1;
}

static void close_all(struct cpu_rings *rings)
{
	for (size_t i = 0; i < rings->n_cpus; i++) {
		ring_close(&rings->cpus[i].ring);
		if (rings->cpus[i].fd >= 0)
			close(rings->cpus[i].fd);
		rings->cpus[i].fd = -1;
	}
	while (rings->n_fds)
		close(rings->fds[--rings->n_fds]);
}

void rings_free(struct cpu_rings *rings)
{
	close_all(rings);
	free(rings->fds);
	free(rings->cpus);
}

int rings_add(struct cpu_rings *rings, size_t cpu, int fd)
{
	struct cpu_ring *its = &rings->cpus[cpu];

	if (its->fd >= 0) {
		*array_add(rings->fds, rings->n_fds, rings->fds_room) = fd;
		return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, its->fd) ? -errno : 0;
	}
	its->fd = fd;
	return ring_open(&its->ring, fd, rings->bytes);
}

/* The first word of a file of the kernel's. Valid until the next one. */
static const char *word_of(const char *path)
{
	static char text[16];
	FILE *file = fopen(path, "re");

	if (!file || fscanf(file, "%15s", text) != 1)
		strcpy(text, "?");
	if (file)
		fclose(file);
	return text;
}

void rings_shrink(struct cpu_rings *rings, size_t bytes)
{
	close_all(rings);
	rings->bytes = bytes;
	for (size_t i = 0; i < rings->n_cpus; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%zu/online", i);
		rings->cpus[i].left_out = *word_of(path) == '0';
	}
}

void complain_of_events(pid_t pid, int error)
{
	if (error == -EPERM || error == -EACCES)
		warn_user("%d: %s; run it as root, or with CAP_PERFMON and CAP_SYS_PTRACE; sysctl "
			  "kernel.perf_event_paranoid=-1 stands for CAP_PERFMON, and is now %s", pid,
			  strerror(-error), word_of("/proc/sys/kernel/perf_event_paranoid"));
	else if (error == -ENOBUFS)
		warn_user("%d: no room for buffers; raise sysctl kernel.perf_event_mlock_kb (for each "
			  "processor, now %s) or the limit of locked memory (ulimit -l), or run it with "
			  "CAP_IPC_LOCK", pid,
			  word_of("/proc/sys/kernel/perf_event_mlock_kb"));
	else if (error == -EMFILE)
		warn_user("%d: too many threads for the limit of open files; raise it with 'ulimit -n'", pid);
	else
		warn_user("%d: cannot open its perf events: %s", pid, strerror(-error));
}
