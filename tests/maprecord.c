// SPDX-License-Identifier: GPL-2.0
/*
 * maprecord - prints what brkwatch-stacks makes of a record of a map.
 *
 * A thread has made the map, and the record is as the kernel of this machine
 * writes it: on some the first byte of a number is the highest.
 */
#include <stdio.h>
#include <string.h>

#include "symbols/perf-records.h"

static void print(void *owner, pid_t pid, const struct perf_map *map)
{
	(void)owner;
	printf("%d %llx-%llx %llx %s ", pid, (unsigned long long)map->start,
	       (unsigned long long)map->end, (unsigned long long)map->offset, map->path);
	if (!map->build_id_len)
		printf("inode %llu\n", (unsigned long long)map->inode);
	else
		printf("build ID %.*s\n", (int)map->build_id_len, map->build_id);
}

int main(void)
{
	static const struct perf_ops ops = { .map = print };
	struct {
		struct perf_event_header header;
		uint32_t pid, tid;
		uint64_t start, len, offset;
		unsigned char file[24];
		uint32_t prot, flags;
		char path[16];
	} record = {
		.header = { .type = PERF_RECORD_MMAP2, .size = sizeof(record) },
		.pid = 17, .tid = 18, .start = 0x7000, .len = 0x2000, .offset = 0x1000,
		.path = "/a/file",
	};
	const uint64_t inode = 42;

	memcpy(record.file + 8, &inode, sizeof(inode));
	perf_record_give(&ops, &record.header);
	record.header.misc = PERF_RECORD_MISC_MMAP_BUILD_ID;
	record.file[0] = 3;
	memcpy(record.file + 4, "abc", 3);
	perf_record_give(&ops, &record.header);
	return 0;
}
