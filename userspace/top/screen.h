/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "top/options.h"

/*
 * Show the processes on the terminal until the user or opts->count ends it. Returns false where
 * there is no such terminal, else @status; complaints have been printed then.
 */
bool screen_run(const struct top_options *opts, enum exit_status *status);
