// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "symbols/perf-records.h"
#include "symbols/registers.h"

/* Of a record's body. */
struct cursor {
	const unsigned char *p, *end;
};

static const void *take(struct cursor *c, size_t len)
{
	const void *p = c->p;

	if ((size_t)(c->end - c->p) < len)
		return NULL;
	c->p += len;
	return p;
}

static void give_sample(const struct perf_ops *ops, struct cursor c)
{
	const uint32_t *ids = take(&c, 16), *raw_size = ids ? take(&c, 4) : NULL;
	const void *raw = raw_size ? take(&c, *raw_size) : NULL;
	const uint64_t *abi = raw ? take(&c, 8) : NULL, *size, *dynamic;
	struct perf_sample sample = { 0 };

	if (!abi)
		return;
	sample.pid = (pid_t)ids[0];
	sample.tid = (pid_t)ids[1];
	sample.raw = raw;
	sample.raw_size = *raw_size;
	sample.abi = *abi;
	if (*abi)
		sample.regs = take(&c, regs_size());
	size = take(&c, 8);
	if (size && *size) {
		sample.stack = take(&c, *size);
		dynamic = sample.stack ? take(&c, 8) : NULL;
		sample.stack_size = dynamic && *dynamic <= *size ? *dynamic : 0;
	}
	ops->sample(ops->owner, &sample);
}

/* As in perf_event_open(2). */
struct map_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t start, len, offset;
	union {
		struct {
			uint32_t major, minor;
			uint64_t inode, generation;
		};
		struct {
			uint8_t build_id_len, reserved[3];
			unsigned char build_id[PERF_BUILD_ID_MAX];
		};
	};
	uint32_t prot, flags;
	char path[];
};

static void give_map(const struct perf_ops *ops, const struct map_record *record)
{
	struct perf_map map = {
		.start = record->start, .end = record->start + record->len,
		.offset = record->offset, .inode = record->inode, .path = record->path,
	};

	if (record->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID &&
	    record->build_id_len <= PERF_BUILD_ID_MAX) {
		map.build_id_len = record->build_id_len;
		memcpy(map.build_id, record->build_id, record->build_id_len);
	}
	ops->map(ops->owner, (pid_t)record->pid, &map);
}

uint64_t perf_record_give(const struct perf_ops *ops, const struct perf_event_header *header)
{
	struct cursor c = {
		.p = (const unsigned char *)(header + 1),
		.end = (const unsigned char *)header + header->size,
	};
	/* Pid and tid, or of fork and exit, pid and parent; then the rest of the record. */
	const uint32_t *ids = (const uint32_t *)c.p;

	switch (header->type) {
	case PERF_RECORD_SAMPLE:
		give_sample(ops, c);
		break;
	case PERF_RECORD_LOST:
		/* After the number of the event. */
		return ((const uint64_t *)c.p)[1];
	case PERF_RECORD_COMM:
		ops->comm(ops->owner, (pid_t)ids[0], (const char *)(ids + 2),
			  header->misc & PERF_RECORD_MISC_COMM_EXEC);
		break;
	case PERF_RECORD_FORK:
		if (ids[0] != ids[1])
			ops->fork(ops->owner, (pid_t)ids[0], (pid_t)ids[1]);
		break;
	case PERF_RECORD_EXIT:
		if (ids[0] == ids[2])
			ops->exit(ops->owner, (pid_t)ids[0]);
		break;
	case PERF_RECORD_MMAP2:
		give_map(ops, (const struct map_record *)header);
		break;
	}
	return 0;
}
