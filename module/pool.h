/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where records come from: a pool for contexts that cannot allocate, filled by
 * a worker, and the limits on what records, histories and descriptors take.
 */
#ifndef BRKWATCH_POOL_H
#define BRKWATCH_POOL_H

#include "share.h"

struct brkwatch_record;
struct seq_file;

/*
 * Records of address spaces that live; pages of long histories; and
 * descriptors, each of which may keep the record of one that is gone.
 */
extern struct brkwatch_share brkwatch_live, brkwatch_histories,
			     brkwatch_descriptors;

int brkwatch_pool_init(size_t record_size);
void brkwatch_pool_exit(void);

struct brkwatch_record *brkwatch_pool_get(void);
struct brkwatch_record *brkwatch_pool_alloc(void);
void brkwatch_pool_put(struct brkwatch_record *record);
void brkwatch_pool_free(struct brkwatch_record *record);
bool brkwatch_pool_fill(void);
bool brkwatch_pool_is_low(void);

void brkwatch_pool_show(struct seq_file *m);
unsigned long brkwatch_pool_memory(void);

#endif
