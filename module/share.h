/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Resources of the module that are limited, and each user's share of them.
 *
 * A user may have at most as much as is left for others, so one user alone gets
 * half, and something is always left for the next. Root may have all, unless it
 * lacks the capability to exceed the kernel's own limits, as in a container. Users
 * are hashed, so two may happen to share. What is taken inside a user namespace
 * counts for the user who created it, or, if root did, for the namespace's own
 * root; otherwise each of its ids would count as another user. Where that is user 0
 * or nobody, its users count as they would outside.
 */
#ifndef BRKWATCH_SHARE_H
#define BRKWATCH_SHARE_H

#include <linux/atomic.h>
#include <linux/types.h>

struct cred;

#define BRKWATCH_USERS	256

/* A user who has a share; 0 is root. */
typedef u16 brkwatch_user_t;

/* A resource that users share. */
struct brkwatch_share {
	unsigned long limit;	/* fixed before the first one asks */
	atomic_long_t taken;
	atomic_long_t refused;	/* how often */
	atomic_long_t users[BRKWATCH_USERS];	/* what of @taken each has */
};

brkwatch_user_t brkwatch_user_of(const struct cred *cred);
bool brkwatch_share_take(struct brkwatch_share *share, brkwatch_user_t user,
			 unsigned long n);
void brkwatch_share_give(struct brkwatch_share *share, brkwatch_user_t user,
			 unsigned long n);

#endif
