/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module has only so much of, and how much of it each user has.
 *
 * A user may have as much as he leaves to the others: one alone gets half of
 * it, and however many there are, some is left for the next one. Root may have
 * all, unless he lacks what lets him exceed the kernel's own limits, as in a
 * container. Users are hashed, so two of them may have to share. A user namespace
 * is one user, or each of its ids would count as somebody else: who made it, or
 * its own root where root did.
 */
#ifndef BRKWATCH_SHARE_H
#define BRKWATCH_SHARE_H

#include <linux/atomic.h>
#include <linux/types.h>

struct cred;

#define BRKWATCH_USERS	256

/* Whose share something comes out of; 0 is root. */
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
