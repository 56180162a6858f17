// SPDX-License-Identifier: GPL-2.0
#include <linux/perf_event.h>
#include <stddef.h>

#include "symbols/registers.h"

#if defined(__x86_64__) || defined(__i386__)
#include <asm/perf_regs.h>

#define X(name)	PERF_REG_X86_##name

static const struct regs_map map32 = {
	.n = 9,
	.perf = { X(AX), X(CX), X(DX), X(BX), X(SP), X(BP), X(SI), X(DI), X(IP) },
	.pc = X(IP), .sp = X(SP), .word_bits = 32,
};

#ifdef __x86_64__
static const struct regs_map map64 = {
	.n = 17,
	.perf = { X(AX), X(DX), X(CX), X(BX), X(SI), X(DI), X(BP), X(SP), X(R8), X(R9), X(R10),
		  X(R11), X(R12), X(R13), X(R14), X(R15), X(IP) },
	.pc = X(IP), .sp = X(SP), .word_bits = 64,
};

#define MASK	(((1ULL << X(DS)) - 1) | (0xffULL << X(R8)))
#else
#define MASK	((1ULL << X(DS)) - 1)
#endif

#elif defined(__aarch64__)
#include <asm/perf_regs.h>

static const struct regs_map map64 = {
	.n = 32,
	.perf = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
		  23, 24, 25, 26, 27, 28, 29, PERF_REG_ARM64_LR, PERF_REG_ARM64_SP },
	.pc = PERF_REG_ARM64_PC, .sp = PERF_REG_ARM64_SP, .word_bits = 64,
};

#define MASK	((1ULL << (PERF_REG_ARM64_PC + 1)) - 1)

#elif defined(__s390x__)
#include <asm/perf_regs.h>

static const struct regs_map map64 = {
	.n = 16,
	.perf = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	.pc = PERF_REG_S390_PC, .sp = PERF_REG_S390_R15, .word_bits = 64,
};

#define MASK	(0xffffULL | (1ULL << PERF_REG_S390_PC))

#else
#define MASK	0ULL
#endif

uint64_t regs_mask(void)
{
	return MASK;
}

const struct regs_map *regs_map(uint64_t abi)
{
#if defined(__x86_64__) || defined(__i386__)
	if (abi == PERF_SAMPLE_REGS_ABI_32)
		return &map32;
#endif
#if defined(__x86_64__) || defined(__aarch64__) || defined(__s390x__)
	if (abi == PERF_SAMPLE_REGS_ABI_64)
		return &map64;
#endif
	return NULL;
}
