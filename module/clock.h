/* SPDX-License-Identifier: GPL-2.0 */
/* When the time of day was set: what makes one of an event's time. */
#ifndef BRKWATCH_CLOCK_H
#define BRKWATCH_CLOCK_H

struct seq_file;

int brkwatch_clock_init(void);
void brkwatch_clock_exit(void);
void brkwatch_clock_show(struct seq_file *m);

#endif
