/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_PERF_RECORDS_H
#define BRKWATCH_PERF_RECORDS_H

#include <linux/perf_event.h>
#include <stdint.h>

#include "stacks/perf-events.h"

/* Tell the news that the record has. Returns how many it says that were lost. */
uint64_t perf_record_give(const struct perf_ops *ops, const struct perf_event_header *header);

#endif
