/* SPDX-License-Identifier: GPL-2.0 */
/* May this opener read that process? */
#ifndef BRKWATCH_ACCESS_H
#define BRKWATCH_ACCESS_H

struct file;
struct mm_struct;
struct pid;

int brkwatch_access_init(void);
void brkwatch_access_exit(void);
__printf(2, 3) int brkwatch_access_try(int flags, const char *format, ...);
struct mm_struct *brkwatch_access_mm(struct pid *pid, bool wait);
bool brkwatch_access_is_hidden(const struct file *file, pid_t nr);

#endif
