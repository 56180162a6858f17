// SPDX-License-Identifier: GPL-2.0
/*
 * For LD_PRELOAD: what this machine is not or does not do.
 *
 *   PRETEND_PROC=y        every directory is procfs
 *   PRETEND_FILES=DIR     auxv and smaps of all processes are those in DIR
 *   PRETEND_SWAPPED=ADDR  the page of ADDR is swapped out; whoever reads it is killed
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

int statfs64(const char *path, struct statfs64 *fs)
{
	int (*real)(const char *, struct statfs64 *) = dlsym(RTLD_NEXT, "statfs64");
	int rc = real(path, fs);

	if (getenv("PRETEND_PROC"))
		fs->f_type = 0x9fa0;
	return rc;
}

FILE *fopen64(const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen64");
	const char *dir = getenv("PRETEND_FILES"), *name = strrchr(path, '/');
	char saved[4096];

	if (!dir || !name || strncmp(path, "/proc/", 6) || (strcmp(name, "/auxv") && strcmp(name, "/smaps")))
		return real(path, mode);
	snprintf(saved, sizeof(saved), "%s%s", dir, name);
	return real(saved, mode);
}

static uint64_t swapped_page(void)
{
	const char *address = getenv("PRETEND_SWAPPED");

	return address ? strtoull(address, NULL, 16) / (uint64_t)sysconf(_SC_PAGESIZE) : UINT64_MAX;
}

/* Of pagemap, whose entries have 64 bits: no other file is that large. */
ssize_t pread64(int fd, void *buffer, size_t size, off64_t offset)
{
	ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
	ssize_t len = real(fd, buffer, size, offset);
	uint64_t *entries = buffer, i = swapped_page() - (uint64_t)offset / sizeof(*entries);

	if (len > 0 && i < (uint64_t)len / sizeof(*entries))
		entries[i] = 1ull << 62;
	return len;
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *here, unsigned long n_here, const struct iovec *there,
			 unsigned long n_there, unsigned long flags)
{
	ssize_t (*real)(pid_t, const struct iovec *, unsigned long, const struct iovec *, unsigned long, unsigned long) =
		dlsym(RTLD_NEXT, "process_vm_readv");
	const uint64_t size = (uint64_t)sysconf(_SC_PAGESIZE), page = swapped_page();

	for (unsigned long i = 0; i < n_there; i++) {
		const uint64_t start = (uintptr_t)there[i].iov_base, end = start + there[i].iov_len;

		if (start / size <= page && page < (end + size - 1) / size)
			abort();
	}
	return real(pid, here, n_here, there, n_there, flags);
}
