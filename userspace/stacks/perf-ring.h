/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record's size has 16 bits. */
#define RING_RECORD_MAX (1u << 16)

/* What a perf event writes to. Records of it end with the time, samples have it after the tid. */
struct ring {
	struct perf_event_mmap_page *page;
	unsigned char *data;
	size_t size;
	uint64_t head, tail;	/* as far as is known, and read */
	unsigned char *bounce;	/* for a record that goes round the end */
};

/* Returns 0 or a negative errno; -ENOBUFS: a smaller one might do. */
int ring_open(struct ring *ring, int fd, size_t size);
void ring_close(struct ring *ring);

/* Look how far it goes now. */
void ring_update(struct ring *ring);

/* Whether there is a next record, and when it was made. */
bool ring_next_time(const struct ring *ring, uint64_t *time);

/* The next record, valid until ring_advance(). */
const struct perf_event_header *ring_next(struct ring *ring);
void ring_advance(struct ring *ring);
