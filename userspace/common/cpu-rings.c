// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
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

int rings_event(struct cpu_rings *rings, struct perf_event_attr *attr, bool forks, pid_t tid, size_t cpu)
{
	int fd;

	attr->size = sizeof(*attr);
	attr->sample_id_all = attr->inherit = attr->use_clockid = 1;
	attr->inherit_thread = !forks && !rings->old_kernel;
	attr->clockid = CLOCK_MONOTONIC;
	fd = (int)syscall(SYS_perf_event_open, attr, tid, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 && errno == EINVAL && attr->inherit_thread) {
		rings->old_kernel = true;
		return rings_event(rings, attr, forks, tid, cpu);
	}
	return fd < 0 ? -errno : fd;
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

static int attach(struct cpu_rings *rings, pid_t tid, int (*open)(void *owner, pid_t tid, size_t cpu), void *owner)
{
	int rc = 0;

	for (size_t cpu = 0; cpu < rings->n_cpus && !rc; cpu++) {
		rc = rings->cpus[cpu].left_out ? 0 : open(owner, tid, cpu);
		/* Such a CPU is off. */
		if (rc == -ENODEV || rc == -ENXIO)
			rc = 0;
	}
	return rc;
}

int rings_attach(struct cpu_rings *rings, pid_t tid, size_t least,
		 int (*open)(void *owner, pid_t tid, size_t cpu), void *owner)
{
	int rc = attach(rings, tid, open, owner);

	while (rc == -ENOBUFS && !rings->settled && rings->bytes / 2 >= least) {
		rings_shrink(rings, rings->bytes / 2);
		rc = attach(rings, tid, open, owner);
	}
	rings->settled |= !rc;
	return rc == -ESRCH ? 0 : rc;
}

void complain_of_events(pid_t pid, int error)
{
	if (error == -EPERM || error == -EACCES)
		warn_user("%d: cannot open its perf events: %s; this needs root, or CAP_PERFMON and CAP_SYS_PTRACE. "
			  "CAP_PERFMON is not needed if sysctl kernel.perf_event_paranoid is -1 (it is %s)", pid,
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
