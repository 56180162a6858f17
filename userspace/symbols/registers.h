/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define REGS_MAX 34

/* The DWARF numbers of perf_event_open(2)'s registers, for one kind of program. */
struct regs_map {
	unsigned int n;
	unsigned char perf[REGS_MAX];	/* of DWARF's register: perf's number */
	unsigned char pc, sp;		/* perf's numbers */
	unsigned int word_bits;
};

/* For perf_event_attr.sample_regs_user; 0: this machine is unknown. */
uint64_t regs_mask(void);

/* For a sample with this PERF_SAMPLE_REGS_ABI_*; NULL: unknown. */
const struct regs_map *regs_map(uint64_t abi);

/* All registers of a sample. */
static inline size_t regs_size(void)
{
	return sizeof(uint64_t) * (size_t)__builtin_popcountll(regs_mask());
}

/* The value of perf's register @number: a sample has them in the order of the mask's bits. */
static inline uint64_t regs_value(const uint64_t *values, unsigned int number)
{
	return values[__builtin_popcountll(regs_mask() & ((1ULL << number) - 1))];
}
