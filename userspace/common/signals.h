/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * SIGHUP, SIGINT, SIGQUIT and SIGTERM ask us to end; nobody else handles them. One that is ignored
 * when we are started, as under nohup(1), stays ignored.
 */

/* First of all. As long as nobody waits for them they kill. */
void signals_setup(void);

/* In a child that becomes a command: what was handed down to us. */
void signals_restore(void);

/* In a child that outlives them. */
void signals_ignore(void);

/* A file that goes when one of them kills, or NULL. The name stays valid. */
void signals_remove(const char *name);

/*
 * From here on they make the returned descriptor readable. With @once the second one kills, should
 * the first one find us stuck in a write. Returns a negative errno on failure.
 */
int stop_open(bool once);

/* SIGUSR1, too, from here on. */
void stop_also_usr1(void);

/* The signal that has come, one that asks for an end before SIGUSR1. */
int stop_take(void);

/*
 * Wait for one until a time (CLOCK_MONOTONIC), or until nobody reads @out_fd any more (-1: a file).
 * Returns 0, 1 for a signal, or -EPIPE.
 */
int stop_wait(uint64_t until_ms, int out_fd);

/* They kill again. */
void stop_close(void);
