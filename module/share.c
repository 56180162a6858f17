// SPDX-License-Identifier: GPL-2.0
/* What the module has only so much of, and how much of it each user has. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "share.h"

/* The user in whose share that counts which a task with @cred takes. */
brkwatch_user_t brkwatch_user_of(const struct cred *cred)
{
	kuid_t uid = cred->uid, owner;
	struct user_namespace *ns;

	/* Find the outermost namespace: its creator, or if that is root, its own root. */
	for (ns = cred->user_ns; ns != &init_user_ns; ns = ns->parent) {
		owner = ns->owner;
		if (uid_eq(owner, GLOBAL_ROOT_UID))
			owner = make_kuid(ns, 0);
		if (uid_valid(owner) && !uid_eq(owner, GLOBAL_ROOT_UID))
			uid = owner;
	}
	/* In a container, a task with root's number is not root. */
	if (uid_eq(uid, GLOBAL_ROOT_UID) && cred->user_ns == &init_user_ns &&
	    cap_raised(cred->cap_effective, CAP_SYS_RESOURCE))
		return 0;
	return 1 + hash_32(__kuid_val(uid), 16) % (BRKWATCH_USERS - 1);
}

/* Take @n, if @user may have them, until brkwatch_share_give(). Context: any. */
bool brkwatch_share_take(struct brkwatch_share *share, brkwatch_user_t user,
			 unsigned long n)
{
	unsigned long taken = atomic_long_add_return(n, &share->taken);
	unsigned long has = atomic_long_add_return(n, &share->users[user]);

	if (likely(taken <= share->limit &&
		   (!user || has <= share->limit - taken)))
		return true;
	brkwatch_share_give(share, user, n);
	atomic_long_inc(&share->refused);
	return false;
}

void brkwatch_share_give(struct brkwatch_share *share, brkwatch_user_t user,
			 unsigned long n)
{
	atomic_long_sub(n, &share->users[user]);
	atomic_long_sub(n, &share->taken);
}
