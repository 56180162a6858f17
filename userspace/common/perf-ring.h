/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size of a record has 16 bits. */
#define RING_RECORD_MAX (1u << 16)

/* The buffer of a perf event. Records end with the time, and samples have it after the tid. */
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

/* Read how far the kernel has written. */
void ring_update(struct ring *ring);

/* Whether there is a next record, and when it was made. */
bool ring_next_time(const struct ring *ring, uint64_t *time);

/* The next record, valid until ring_advance(). */
const struct perf_event_header *ring_next(struct ring *ring);
void ring_advance(struct ring *ring);
