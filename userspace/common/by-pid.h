/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What is known of processes, found by their numbers. This is the first member of each. */
struct pid_entry {
	struct pid_entry *next;	/* in its bucket */
	uint64_t pid;
};

struct pid_table {
	struct pid_entry *buckets[4096];
	size_t n;
};

/* NULL: there is none. */
void *pid_find(const struct pid_table *table, uint64_t pid);

/* There, or made, of @size bytes that are 0. */
void *pid_get(struct pid_table *table, uint64_t pid, size_t size);

/* Take it out of the table, and free it. */
void pid_drop(struct pid_table *table, void *entry);

/* Each of them; @visit may drop the one that it is given. */
void pid_visit(struct pid_table *table, void (*visit)(void *owner, void *entry), void *owner);
