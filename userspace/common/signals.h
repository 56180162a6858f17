/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_STOP_H
#define BRKWATCH_STOP_H

#include <stdbool.h>

/*
 * From here on SIGINT and SIGTERM make the returned descriptor readable, for good. With @once the
 * second one kills, should the first one find us stuck in a write. Returns a negative errno on
 * failure.
 */
int stop_open(bool once);

/* With @once, and also for SIGHUP and SIGQUIT, which would leave the screen as no shell wants it. */
int stop_open_screen(void);

/* The signal that has come; the descriptor is not readable any more. */
int stop_take(void);

void stop_close(void);

#endif
