/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A sample of a growth or a refusal. All that it points to is valid during the call. */
struct perf_sample {
	pid_t pid, tid;			/* who called; numbers of the reader's pid namespace */
	const void *raw;		/* what the tracepoint says */
	size_t raw_size;
	/* From the program: */
	uint64_t abi;			/* PERF_SAMPLE_REGS_ABI_* */
	const uint64_t *regs;		/* see regs_value() */
	const unsigned char *stack;	/* from the stack pointer on */
	size_t stack_size;
};

#define PERF_BUILD_ID_MAX 20

/* Machine code in an address space. */
struct perf_map {
	uint64_t start, end, offset;
	const char *path;
	unsigned char build_id[PERF_BUILD_ID_MAX];
	size_t build_id_len;		/* 0: not known, but the inode is */
	uint64_t inode;
};

/* The functions to call for records, a cause before its effect. */
struct perf_ops {
	void (*sample)(void *owner, const struct perf_sample *sample);
	void (*map)(void *owner, pid_t pid, const struct perf_map *map);
	/* @exec: all earlier mappings have gone. */
	void (*comm)(void *owner, pid_t pid, const char *comm, bool exec);
	void (*fork)(void *owner, pid_t pid, pid_t parent);
	void (*exit)(void *owner, pid_t pid);
	void *owner;
};

/* Deliver a record. Returns how many lost records it reports. */
uint64_t perf_record_give(const struct perf_ops *ops, const struct perf_event_header *header);
