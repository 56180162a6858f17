// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "chunks/memory.h"
#include "libbrkwatch/task.h"

#define PAGE_PRESENT (1ull << 63)
#define PAGE_SWAPPED (1ull << 62)
#define ENTRIES 4096		/* that are read at a time */

void memory_open(struct memory *mem, pid_t pid)
{
	char path[64];

	memory_close(mem);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", task_with_memory("/proc", pid));
	*mem = (struct memory){
		.pid = pid, .pagemap = open(path, O_RDONLY | O_CLOEXEC),
		.page_size = (uint64_t)sysconf(_SC_PAGESIZE),
	};
}

void memory_close(struct memory *mem)
{
	if (mem->page_size && mem->pagemap >= 0)
		close(mem->pagemap);
	mem->page_size = 0;
}

int memory_read(const struct memory *mem, uint64_t address, void *buffer, size_t len)
{
	struct iovec here = { buffer, len }, there = { (void *)(uintptr_t)address, len };
	ssize_t n = process_vm_readv(mem->pid, &here, 1, &there, 1, 0);

	/* Another thread may outlive the main one. */
	if (n < 0 && errno == ESRCH)
		n = process_vm_readv(task_with_memory("/proc", mem->pid), &here, 1, &there, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

/* Returns how many entries there are, ENTRIES at most. */
static size_t read_entries(const struct memory *mem, uint64_t page, uint64_t end, uint64_t *entries)
{
	size_t n = end - page < ENTRIES ? (size_t)(end - page) : ENTRIES;
	ssize_t len = pread(mem->pagemap, entries, n * sizeof(*entries),
			    (off_t)(page * sizeof(*entries)));

	return len > 0 ? (size_t)len / sizeof(*entries) : 0;
}

size_t memory_present(const struct memory *mem, uint64_t address, size_t len)
{
	const uint64_t first = address / mem->page_size, end = (address + len - 1) / mem->page_size + 1;
	uint64_t entries[ENTRIES], page = first, present;

	if (mem->pagemap < 0 || !len)
		return len;
	while (page < end) {
		size_t n = read_entries(mem, page, end, entries), i = 0;

		while (i < n && entries[i] & PAGE_PRESENT)
			i++;
		page += i;
		if (!i || i < n)
			break;
	}
	if (page == first)
		return 0;
	present = page * mem->page_size - address;
	return present < len ? (size_t)present : len;
}

bool memory_is_swapped(const struct memory *mem, uint64_t address)
{
	const uint64_t page = address / mem->page_size;
	uint64_t entry;

	return read_entries(mem, page, page + 1, &entry) == 1 && entry & PAGE_SWAPPED;
}

uint64_t memory_resident(const struct memory *mem, uint64_t start, uint64_t end)
{
	uint64_t entries[ENTRIES], page = start / mem->page_size, present = 0;

	end /= mem->page_size;
	while (mem->pagemap >= 0 && page < end) {
		size_t n = read_entries(mem, page, end, entries);

		if (!n)
			break;
		for (size_t i = 0; i < n; i++)
			present += entries[i] & PAGE_PRESENT ? mem->page_size : 0;
		page += n;
	}
	return present;
}
