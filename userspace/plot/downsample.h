/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value that changes now and then, kept in little memory. */

struct step {
	uint64_t ns;
	uint64_t value;
};

/* The changes in a period of time. */
struct bucket {
	struct step first, low, high, last;
	bool gap;		/* between it and the one before something is missing */
};

/* Each bucket has the steps whose times differ only in their lowest @shift bits. */
struct steps {
	struct bucket *buckets;
	size_t n, room;
	unsigned int shift;
};

#define BUCKET_STEPS 4

/*
 * Times must not go back. At most @limit (2 or more) buckets are kept; if there are more, they become
 * wider.
 */
void steps_add(struct steps *steps, const struct step *step, bool gap, size_t limit);

/* Make the buckets wider until there are at most @limit. */
void steps_thin(struct steps *steps, size_t limit);

/* The first of the highest steps; there must be at least one. */
struct step steps_peak(const struct steps *steps);
uint64_t steps_lowest(const struct steps *steps);

/* The steps of a bucket that are known, in order. Returns how many. */
size_t bucket_steps(const struct bucket *bucket, struct step steps[BUCKET_STEPS]);

void steps_free(struct steps *steps);
