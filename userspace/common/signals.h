/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * SIGHUP, SIGINT, SIGQUIT and SIGTERM ask us to end; only this file handles them. A signal that is
 * ignored when we start, as under nohup(1), stays ignored.
 */

/* Call this first. The signals kill as long as nobody waits for them. */
void signals_setup(void);

/* In a child that becomes a command: restore the signals as we got them. */
void signals_restore(void);

/* In a child that must survive them. */
void signals_ignore(void);

/* A file to remove when one of them kills us, or NULL. The name must stay valid. */
void signals_remove(const char *name);

/*
 * From now on the signals make the returned descriptor readable. With @once the second one kills, in
 * case we are stuck in a write at the first. Returns a negative errno on failure.
 */
int stop_open(bool once);

/* From now on SIGUSR1, too. */
void stop_also_usr1(void);

/* The signal that has come; one that asks us to end takes precedence over SIGUSR1. */
int stop_take(void);

/*
 * Wait for one until a time (CLOCK_MONOTONIC), or until nobody reads @out_fd any more (-1: a file).
 * Returns 0, 1 for a signal, or -EPIPE.
 */
int stop_wait(uint64_t until_ms, int out_fd);

/* The signals kill again. */
void stop_close(void);
