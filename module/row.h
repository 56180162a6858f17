/* SPDX-License-Identifier: GPL-2.0 */
/* One line per process: what /proc/brkwatch/all and exited show. */
#ifndef BRKWATCH_ROW_H
#define BRKWATCH_ROW_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "brkwatch.h"

struct brkwatch_record;
struct pid;

/* An address space in one line; what is not explained is as in <pid>. */
struct brkwatch_row {
	char comm[TASK_COMM_LEN];
	unsigned long start_brk, brk, peak;
	struct brkwatch_sums sums;
	u64 space;			/* 0: nothing is recorded */
	struct brkwatch_event last;	/* but for the end itself; its time is 0: none */
	struct brkwatch_evidence evidence;	/* of @last */

	/* Rows of exited only. */
	struct pid *pid;		/* with a reference */
	kuid_t uid;			/* real user in the end */
	u64 end;			/* when the address space went away */
};

void brkwatch_row_fill(struct brkwatch_row *row, struct brkwatch_record *record);

int brkwatch_exited_init(void);
void brkwatch_exited_exit(void);
void brkwatch_exited_add(struct brkwatch_record *record);
unsigned long brkwatch_exited_count(void);
bool brkwatch_exited_get(unsigned long n, struct brkwatch_row *row);

#endif
