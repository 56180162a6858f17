// SPDX-License-Identifier: GPL-2.0
/* Where records come from. */
#include "brkwatch.h"

#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "pool.h"
#include "record.h"

static unsigned int max_records = 32768;
module_param_named(records, max_records, uint, 0444);
MODULE_PARM_DESC(records, "address spaces recorded at most, 16 to 4194304 (default 32768)");

static unsigned int max_memory = 256;
module_param_named(memory, max_memory, uint, 0444);
MODULE_PARM_DESC(memory, "memory for records and histories at most, MiB, 1 to 65536 (default 256)");

static struct kmem_cache *cache;
static size_t record_size;

/* Taken in kprobe handlers. */
static DEFINE_RAW_SPINLOCK(pool_lock);
static HLIST_HEAD(pool);
static unsigned int spares, spares_wanted;

static atomic_long_t live, bytes, history_bytes, exhausted, refused;

static bool memory_charge(size_t size)
{
	if (atomic_long_add_return(size, &bytes) >> 20 < max_memory)
		return true;
	atomic_long_sub(size, &bytes);
	return false;
}

/**
 * brkwatch_history_charge() - ask for room for a long history
 * @size: bytes
 *
 * All of them together may have half of parameter memory: whoever follows many
 * processes keeps no other one from being recorded.
 *
 * Return: whether there is room; then to be given back by
 * brkwatch_history_uncharge().
 */
bool brkwatch_history_charge(size_t size)
{
	if (atomic_long_add_return(size, &history_bytes) >> 19 < max_memory &&
	    memory_charge(size))
		return true;
	atomic_long_sub(size, &history_bytes);
	return false;
}

void brkwatch_history_uncharge(size_t size)
{
	atomic_long_sub(size, &history_bytes);
	atomic_long_sub(size, &bytes);
}

static struct brkwatch_record *record_alloc(gfp_t gfp)
{
	struct brkwatch_record *record;

	if (!memory_charge(record_size))
		return NULL;
	record = kmem_cache_alloc(cache, gfp);
	if (!record)
		atomic_long_sub(record_size, &bytes);
	return record;
}

static void record_free(struct brkwatch_record *record)
{
	kmem_cache_free(cache, record);
	atomic_long_sub(record_size, &bytes);
}

static bool live_charge(void)
{
	if (atomic_long_inc_return(&live) <= max_records)
		return true;
	atomic_long_dec(&live);
	atomic_long_inc(&refused);
	return false;
}

static bool spare_put(struct brkwatch_record *record)
{
	bool kept;

	raw_spin_lock(&pool_lock);
	kept = spares < spares_wanted;
	if (kept) {
		hlist_add_head(&record->spare, &pool);
		spares++;
	}
	raw_spin_unlock(&pool_lock);
	return kept;
}

static struct brkwatch_record *spare_get(void)
{
	struct brkwatch_record *record = NULL;

	raw_spin_lock(&pool_lock);
	if (!hlist_empty(&pool)) {
		record = hlist_entry(pool.first, struct brkwatch_record, spare);
		hlist_del(&record->spare);
		spares--;
	}
	raw_spin_unlock(&pool_lock);
	return record;
}

/**
 * brkwatch_pool_get() - a record, where nothing can be allocated
 *
 * Context: any; does not sleep.
 * Return: room for a record, or NULL if the pool is empty or the limit reached.
 */
struct brkwatch_record *brkwatch_pool_get(void)
{
	struct brkwatch_record *record;

	if (!live_charge())
		return NULL;
	record = spare_get();
	if (!record) {
		atomic_long_inc(&exhausted);
		atomic_long_dec(&live);
	} else {
		record->detached = false;
	}
	return record;
}

/**
 * brkwatch_pool_alloc() - a record for somebody who opens a file
 *
 * Beyond the limit it is marked as detached: it must not get into the table.
 *
 * Context: process. The memory is charged to current.
 * Return: room for a record, or NULL for lack of memory.
 */
struct brkwatch_record *brkwatch_pool_alloc(void)
{
	struct brkwatch_record *record = record_alloc(GFP_KERNEL_ACCOUNT);

	if (record)
		record->detached = !live_charge();
	return record;
}

/**
 * brkwatch_pool_retire() - another may take its place within the limit
 * @record: its address space is gone; descriptors may keep it, as long as they
 *	like, and so may not keep others out
 *
 * Context: that of who has the last reference but those of descriptors.
 */
void brkwatch_pool_retire(struct brkwatch_record *record)
{
	if (record->counted)
		atomic_long_dec(&live);
	record->counted = false;
}

/**
 * brkwatch_pool_put() - give a record back
 * @record: from brkwatch_pool_get() or brkwatch_pool_alloc()
 *
 * Context: process.
 */
void brkwatch_pool_put(struct brkwatch_record *record)
{
	brkwatch_pool_retire(record);
	if (record->detached || !spare_put(record))
		record_free(record);
}

/**
 * brkwatch_pool_fill() - fill the pool
 *
 * Context: process.
 * Return: whether it is full.
 */
bool brkwatch_pool_fill(void)
{
	while (READ_ONCE(spares) < spares_wanted) {
		struct brkwatch_record *record = record_alloc(GFP_KERNEL);

		if (!record)
			return false;
		if (!spare_put(record))
			record_free(record);
	}
	return true;
}

/* Whether it is time to fill the pool. */
bool brkwatch_pool_is_low(void)
{
	return READ_ONCE(spares) < spares_wanted / 2;
}

/* Whether there can be no more records. */
bool brkwatch_pool_is_full(void)
{
	return atomic_long_read(&live) >= max_records;
}

/* How many records there can be. */
unsigned int brkwatch_pool_limit(void)
{
	return max_records;
}

void brkwatch_pool_get_stats(struct brkwatch_record_stats *stats)
{
	stats->live = atomic_long_read(&live);
	stats->limit = max_records;
	stats->spare = READ_ONCE(spares);
	stats->exhausted = atomic_long_read(&exhausted);
	stats->refused = atomic_long_read(&refused);
	stats->bytes = atomic_long_read(&bytes);
}

int brkwatch_pool_init(size_t size)
{
	int err;

	err = brkwatch_check_parameter("records", max_records, 16, 1 << 22) ?:
	      brkwatch_check_parameter("memory", max_memory, 1, 1 << 16);
	if (err)
		return err;

	record_size = size;
	spares_wanted = min(max(64U, 16 * num_possible_cpus()), max_records);
	cache = kmem_cache_create("brkwatch_record", size, 0,
				  SLAB_HWCACHE_ALIGN, NULL);
	if (!cache)
		return -ENOMEM;
	if (!brkwatch_pool_fill()) {
		brkwatch_pool_exit();
		return -ENOMEM;
	}
	return 0;
}

void brkwatch_pool_exit(void)
{
	struct brkwatch_record *record;

	while ((record = spare_get()))
		record_free(record);
	kmem_cache_destroy(cache);
}
