/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_HEAP_MEMORY_H
#define BRKWATCH_HEAP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The memory of another process. All zeros: not open. */
struct memory {
	pid_t pid;
	int pagemap;		/* -1: cannot be read, then every page counts as present */
	uint64_t page_size;
};

/* After an exec that has to be done anew: what is open goes on showing the old address space. */
void memory_open(struct memory *mem, pid_t pid);
void memory_close(struct memory *mem);

/* Returns 0 or a negative errno: -EFAULT where not all of it is mapped. */
int memory_read(const struct memory *mem, uint64_t address, void *buffer, size_t len);

/* How many bytes from @address on, @len at most, are in memory and so can be read without an effect. */
size_t memory_present(const struct memory *mem, uint64_t address, size_t len);

/* Whether a page that is not in memory is swapped out; else nobody has written to it. */
bool memory_is_swapped(const struct memory *mem, uint64_t address);

/* How many bytes of whole pages from @start to @end are in memory. */
uint64_t memory_resident(const struct memory *mem, uint64_t start, uint64_t end);

#endif
