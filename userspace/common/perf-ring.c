// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/perf-ring.h"

int ring_open(struct ring *ring, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	/* It says EPERM where it is too much. */
	if (p == MAP_FAILED)
		return errno == EPERM || errno == ENOMEM ? -ENOBUFS : -errno;
	*ring = (struct ring){
		.page = p, .data = (unsigned char *)p + page, .size = size,
		.bounce = malloc(RING_RECORD_MAX),
	};
	if (ring->bounce)
		return 0;
	ring_close(ring);
	return -ENOMEM;
}

void ring_close(struct ring *ring)
{
	if (ring->page)
		munmap(ring->page, (size_t)(ring->data - (unsigned char *)ring->page) + ring->size);
	free(ring->bounce);
	*ring = (struct ring){ 0 };
}

void ring_update(struct ring *ring)
{
	ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

static void copy_from(const struct ring *ring, uint64_t at, void *to, size_t len)
{
	size_t offset = at & (ring->size - 1);
	size_t first = ring->size - offset < len ? ring->size - offset : len;

	memcpy(to, ring->data + offset, first);
	memcpy((unsigned char *)to + first, ring->data, len - first);
}

bool ring_next_time(const struct ring *ring, uint64_t *time)
{
	struct perf_event_header header;
	size_t offset;

	if (ring->tail == ring->head)
		return false;
	copy_from(ring, ring->tail, &header, sizeof(header));
	offset = header.type == PERF_RECORD_SAMPLE ? sizeof(header) + sizeof(uint64_t) :
						     header.size - sizeof(*time);
	copy_from(ring, ring->tail + offset, time, sizeof(*time));
	return true;
}

const struct perf_event_header *ring_next(struct ring *ring)
{
	size_t offset = ring->tail & (ring->size - 1);
	const struct perf_event_header *header = (const void *)(ring->data + offset);

	/* A header is never cut in two: records are of whole 8 bytes. */
	if (offset + header->size <= ring->size)
		return header;
	copy_from(ring, ring->tail, ring->bounce, header->size);
	return (const void *)ring->bounce;
}

void ring_advance(struct ring *ring)
{
	const struct perf_event_header *header =
		(const void *)(ring->data + (ring->tail & (ring->size - 1)));

	ring->tail += header->size;
	__atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}
