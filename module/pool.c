// SPDX-License-Identifier: GPL-2.0
/* Where records come from, and how much there may be of what. */
#include "brkwatch.h"

#include <linux/llist.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "proc.h"
#include "record.h"

static unsigned int max_records = 32768;
module_param_named(records, max_records, uint, 0444);
MODULE_PARM_DESC(records, "address spaces recorded at most, 16 to 4194304 (default 32768)");

static unsigned int max_memory = 256;
module_param_named(memory, max_memory, uint, 0444);
MODULE_PARM_DESC(memory, "memory for records, histories and descriptors at most, MiB, 1 to 65536 (default 256)");

struct brkwatch_share brkwatch_live, brkwatch_histories, brkwatch_descriptors;

/* A build may have fewer, which is how the tests see the pool run out. */
#ifndef SPARES
#define SPARES	max(128U, 32 * num_possible_cpus())
#endif

static struct kmem_cache *cache;
static size_t record_size;

/*
 * Records for handlers, which cannot allocate. A user who makes processes as fast as
 * possible would take all, so users share them as share.h says, from one filling to
 * the next.
 */
static DEFINE_RAW_SPINLOCK(pool_lock);
static LLIST_HEAD(pool);
static unsigned int spares;			/* in it */
static unsigned int taken[BRKWATCH_USERS];	/* of it since it was full */
static unsigned int spares_wanted;

static atomic_long_t allocated, exhausted;

/*
 * A record from the pool for @user; NULL if there is none for that user. @low: it
 * is time to fill the pool. Context: any; does not sleep.
 */
struct brkwatch_record *brkwatch_pool_get(brkwatch_user_t user, bool *low)
{
	struct llist_node *node = NULL;

	raw_spin_lock(&pool_lock);
	if (!user || taken[user] < spares)
		node = llist_del_first(&pool);
	if (node) {
		WRITE_ONCE(spares, spares - 1);
		taken[user]++;
	}
	/* Well before half of it is gone, which is all that one user alone may take. */
	*low = !node || spares < spares_wanted - spares_wanted / 4;
	raw_spin_unlock(&pool_lock);
	if (!node) {
		atomic_long_inc(&exhausted);
		return NULL;
	}
	return llist_entry(node, struct brkwatch_record, link);
}

/* Give back a record that @user did not put to use. Context: any; does not sleep. */
void brkwatch_pool_put(struct brkwatch_record *record, brkwatch_user_t user)
{
	raw_spin_lock(&pool_lock);
	llist_add(&record->link, &pool);
	WRITE_ONCE(spares, spares + 1);
	/* Or it was filled since. */
	if (taken[user])
		taken[user]--;
	raw_spin_unlock(&pool_lock);
}

/*
 * A record, where one can be allocated. It is nobody's expense: it may outlive
 * whoever wants it, and the shares bound how many there are.
 */
struct brkwatch_record *brkwatch_pool_alloc(void)
{
	struct brkwatch_record *record = kmem_cache_alloc(cache, GFP_KERNEL);

	if (record)
		atomic_long_inc(&allocated);
	return record;
}

/* Undo brkwatch_pool_alloc(). Context: process. */
void brkwatch_pool_free(struct brkwatch_record *record)
{
	kmem_cache_free(cache, record);
	atomic_long_dec(&allocated);
}

/* Return: whether the pool could be filled. Context: process. */
bool brkwatch_pool_fill(void)
{
	while (READ_ONCE(spares) < spares_wanted) {
		struct brkwatch_record *record = brkwatch_pool_alloc();

		if (!record)
			return false;
		brkwatch_pool_put(record, 0);
	}
	raw_spin_lock(&pool_lock);
	memset(taken, 0, sizeof(taken));
	raw_spin_unlock(&pool_lock);
	return true;
}

/* The pool's lines of the statistics. */
void brkwatch_pool_show(struct seq_file *m)
{
	seq_printf(m, "Records:\t%lu\n", atomic_long_read(&brkwatch_live.taken));
	seq_printf(m, "RecordsLimit:\t%lu\n", brkwatch_live.limit);
	seq_printf(m, "RecordsRefused:\t%lu\n", atomic_long_read(&brkwatch_live.refused));
	seq_printf(m, "RecordsSpare:\t%u\n", READ_ONCE(spares));
	seq_printf(m, "RecordsExhausted:\t%lu\n", atomic_long_read(&exhausted));
}

/* What records, long histories and descriptors take, in bytes. */
unsigned long brkwatch_pool_memory(void)
{
	return atomic_long_read(&allocated) * record_size +
	       atomic_long_read(&brkwatch_histories.taken) * PAGE_SIZE +
	       atomic_long_read(&brkwatch_descriptors.taken) *
	       sizeof(struct brkwatch_reader);
}

/*
 * Of parameter memory long histories may have half, descriptors a quarter,
 * together with the records that they alone keep, and the records in use the
 * last quarter: whoever exhausts the one keeps nobody from the others.
 */
int brkwatch_pool_init(size_t size)
{
	unsigned long pages;
	int err;

	err = brkwatch_check_parameter("records", max_records, 16, 1 << 22) ?:
	      brkwatch_check_parameter("memory", max_memory, 1, 1 << 16);
	if (err)
		return err;

	record_size = size;
	pages = (unsigned long)max_memory << (20 - PAGE_SHIFT);
	brkwatch_histories.limit = pages / 2;
	brkwatch_descriptors.limit =
		mult_frac(pages / 4, PAGE_SIZE, size + sizeof(struct brkwatch_reader));
	brkwatch_live.limit = min_t(unsigned long, max_records,
				    mult_frac(pages / 4, PAGE_SIZE, size));
	spares_wanted = min_t(unsigned long, brkwatch_live.limit, SPARES);
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
	bool low;

	while ((record = brkwatch_pool_get(0, &low)))
		brkwatch_pool_free(record);
	kmem_cache_destroy(cache);
}
