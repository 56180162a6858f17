/* SPDX-License-Identifier: GPL-2.0 */
/* Whoever waits for the events of a record: his long history, and his waking. */
#ifndef BRKWATCH_FOLLOW_H
#define BRKWATCH_FOLLOW_H

#include "record.h"

/* Long enough to wake a reader for many events, short for one who watches. */
#define BRKWATCH_WAKE_MS	8

/* There is news for followers, who are woken by and by. @record is locked. */
static inline void brkwatch_follow_news(struct brkwatch_record *record)
{
	if (!timer_pending(&record->wake_timer))
		mod_timer(&record->wake_timer,
			  jiffies + msecs_to_jiffies(BRKWATCH_WAKE_MS));
}

/* There will be no more news. @record is locked. */
static inline void brkwatch_follow_end(struct brkwatch_record *record)
{
	mod_timer(&record->wake_timer, jiffies);
}

int brkwatch_follow_init(void);
void brkwatch_follow_exit(void);
void brkwatch_follow_setup(struct brkwatch_record *record);
void brkwatch_follow_inherit(struct brkwatch_record *record,
			     struct task_struct *owner);
void brkwatch_follow_pass_on(struct brkwatch_record *record,
			     struct task_struct *owner);
void brkwatch_follow_add(struct brkwatch_record *record);
void brkwatch_follow_remove(struct brkwatch_record *record);
void brkwatch_follow_reserve(struct brkwatch_record *record);

#endif
