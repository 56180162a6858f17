// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "common/complain.h"
#include "plot/downsample.h"

static void merge(struct bucket *into, const struct bucket *next)
{
	if (next->low.value < into->low.value)
		into->low = next->low;
	if (next->high.value > into->high.value)
		into->high = next->high;
	into->last = next->last;
	into->gap |= next->gap;
}

static bool same_bucket(const struct steps *steps, uint64_t a, uint64_t b)
{
	return a >> steps->shift == b >> steps->shift;
}

void steps_thin(struct steps *steps, size_t limit)
{
	while (steps->n > limit) {
		size_t n = 1;

		steps->shift++;
		for (size_t i = 1; i < steps->n; i++) {
			struct bucket *last = &steps->buckets[n - 1];

			if (same_bucket(steps, last->first.ns, steps->buckets[i].first.ns))
				merge(last, &steps->buckets[i]);
			else
				steps->buckets[n++] = steps->buckets[i];
		}
		steps->n = n;
	}
}

void steps_add(struct steps *steps, const struct step *step, bool gap, size_t limit)
{
	const struct bucket bucket = { *step, *step, *step, *step, gap };

	if (steps->n &&
	    same_bucket(steps, steps->buckets[steps->n - 1].first.ns, step->ns)) {
		merge(&steps->buckets[steps->n - 1], &bucket);
		return;
	}
	*array_add(steps->buckets, steps->n, steps->room) = bucket;
	steps_thin(steps, limit);
}

struct step steps_peak(const struct steps *steps)
{
	struct step peak = steps->buckets[0].high;

	for (size_t i = 1; i < steps->n; i++)
		if (steps->buckets[i].high.value > peak.value)
			peak = steps->buckets[i].high;
	return peak;
}

uint64_t steps_lowest(const struct steps *steps)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < steps->n; i++)
		if (steps->buckets[i].low.value < lowest)
			lowest = steps->buckets[i].low.value;
	return lowest;
}

static bool same_step(const struct step *a, const struct step *b)
{
	return a->ns == b->ns && a->value == b->value;
}

size_t bucket_steps(const struct bucket *bucket, struct step steps[BUCKET_STEPS])
{
	const bool low_first = bucket->low.ns < bucket->high.ns;
	const struct step *order[] = {
		&bucket->first,
		low_first ? &bucket->low : &bucket->high,
		low_first ? &bucket->high : &bucket->low,
		&bucket->last,
	};
	size_t n = 0;

	for (size_t i = 0; i < BUCKET_STEPS; i++) {
		bool inner = i == 1 || i == 2;

		if ((n && same_step(order[i], &steps[n - 1])) ||
		    (inner && same_step(order[i], &bucket->last)))
			continue;
		steps[n++] = *order[i];
	}
	return n;
}

void steps_free(struct steps *steps)
{
	free(steps->buckets);
	*steps = (struct steps){ 0 };
}
