/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where records come from: a pool for contexts that cannot allocate, filled by
 * a worker, and the limits on how many there are and what they take.
 */
#ifndef BRKWATCH_POOL_H
#define BRKWATCH_POOL_H

#include <linux/types.h>

struct brkwatch_record;
struct brkwatch_record_stats;

int brkwatch_pool_init(size_t size);
void brkwatch_pool_exit(void);

struct brkwatch_record *brkwatch_pool_get(void);
struct brkwatch_record *brkwatch_pool_alloc(void);
void brkwatch_pool_retire(struct brkwatch_record *record);
void brkwatch_pool_put(struct brkwatch_record *record);
bool brkwatch_pool_fill(void);
bool brkwatch_pool_is_low(void);
bool brkwatch_pool_is_full(void);
unsigned int brkwatch_pool_limit(void);

bool brkwatch_history_charge(size_t size);
void brkwatch_history_uncharge(size_t size);

void brkwatch_pool_get_stats(struct brkwatch_record_stats *stats);

#endif
