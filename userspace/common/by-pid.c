// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "common/by-pid.h"
#include "common/complain.h"

#define BUCKETS	(sizeof(((struct pid_table *)0)->buckets) / sizeof(struct pid_entry *))

void *pid_find(const struct pid_table *table, uint64_t pid)
{
	struct pid_entry *entry = table->buckets[pid % BUCKETS];

	while (entry && entry->pid != pid)
		entry = entry->next;
	return entry;
}

void *pid_get(struct pid_table *table, uint64_t pid, size_t size)
{
	struct pid_entry *entry = pid_find(table, pid), **bucket = &table->buckets[pid % BUCKETS];

	if (entry)
		return entry;
	entry = needed(calloc(1, size));
	*entry = (struct pid_entry){ .next = *bucket, .pid = pid };
	*bucket = entry;
	table->n++;
	return entry;
}

void pid_drop(struct pid_table *table, void *item)
{
	struct pid_entry *entry = item, **link = &table->buckets[entry->pid % BUCKETS];

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	table->n--;
	free(entry);
}

void pid_visit(struct pid_table *table, void (*visit)(void *owner, void *entry), void *owner)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct pid_entry *entry = table->buckets[i], *next; entry; entry = next) {
			next = entry->next;
			visit(owner, entry);
		}
}
