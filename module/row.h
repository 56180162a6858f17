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

/**
 * struct brkwatch_row - an address space in one line
 * @last: the newest event, but for the end itself; its time is 0 if there is none
 * @evidence: of @last
 * @pid: of the process, with a reference; rows of exited only
 * @uid: real user of the process in the end; likewise
 * @end: when the address space went away, nanoseconds; likewise
 *
 * The others are as in /proc/brkwatch/<pid>; @space is 0 where nothing is recorded.
 */
struct brkwatch_row {
	char comm[TASK_COMM_LEN];
	unsigned long start_brk, brk, peak;
	struct brkwatch_sums sums;
	u64 space;
	struct brkwatch_event last;
	struct brkwatch_evidence evidence;

	struct pid *pid;
	kuid_t uid;
	u64 end;
};

void brkwatch_row_fill(struct brkwatch_row *row, struct brkwatch_record *record);

int brkwatch_exited_init(void);
void brkwatch_exited_exit(void);
void brkwatch_exited_add(struct brkwatch_record *record);
unsigned long brkwatch_exited_count(void);
bool brkwatch_exited_get(unsigned long n, struct brkwatch_row *row);

#endif
