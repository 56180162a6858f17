/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A table of processes by their numbers. This struct is the first member of each entry. */
struct pid_entry {
	struct pid_entry *next;	/* in its bucket */
	uint64_t pid;
};

struct pid_table {
	struct pid_entry *buckets[4096];
	size_t n;
};

/* NULL if there is none. */
void *pid_find(const struct pid_table *table, uint64_t pid);

/* Find an entry, or create one of @size bytes that are 0. */
void *pid_get(struct pid_table *table, uint64_t pid, size_t size);

/* Remove an entry from the table, and free it. */
void pid_drop(struct pid_table *table, void *entry);

/* Visit each entry; @visit may drop the one that it gets. */
void pid_visit(struct pid_table *table, void (*visit)(void *owner, void *entry), void *owner);
