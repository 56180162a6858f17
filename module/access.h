/* SPDX-License-Identifier: GPL-2.0 */
/* May this opener read that process? */
#ifndef BRKWATCH_ACCESS_H
#define BRKWATCH_ACCESS_H

struct mm_struct;
struct pid;
struct super_block;

int brkwatch_access_init(void);
void brkwatch_access_exit(void);
__printf(2, 3) int brkwatch_access_try(int flags, const char *format, ...);
struct mm_struct *brkwatch_access_mm(struct pid *pid, bool wait);
bool brkwatch_access_is_hidden(struct pid *pid, struct super_block *sb);

#endif
