/* SPDX-License-Identifier: GPL-2.0 */
/* May this opener read that process? */
#ifndef BRKWATCH_ACCESS_H
#define BRKWATCH_ACCESS_H

struct mm_struct;
struct pid;
struct task_struct;

int brkwatch_access_init(void);
void brkwatch_access_exit(void);
__printf(2, 3) int brkwatch_access_try(int flags, const char *format, ...);
struct mm_struct *brkwatch_access_mm(struct pid *pid);
bool brkwatch_access_hopeless(struct task_struct *task);

#endif
