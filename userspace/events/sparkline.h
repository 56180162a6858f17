/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdint.h>

/* The last sizes of a heap as a picture of one line. */
#define TREND_LENGTH 8

struct trend {
	uint64_t sizes[TREND_LENGTH];
	unsigned int n;			/* how many there were */
};

static inline void trend_add(struct trend *trend, uint64_t size)
{
	trend->sizes[trend->n++ % TREND_LENGTH] = size;
}

/* Writes TREND_LENGTH characters without a NUL; the highest stands for the largest size. */
char *trend_put(char *p, const struct trend *trend);
