// SPDX-License-Identifier: GPL-2.0
/*
 * Events of records for whoever traces the kernel; see trace.h.
 *
 * They are emitted with the record's lock held, so those of one address space come
 * in order. Listeners run in the context of the module's handlers, just as those of
 * the scheduler's tracepoints run under its locks.
 */
#include "brkwatch.h"

#include <linux/module.h>

#include "record.h"

DEFINE_STATIC_KEY_FALSE(brkwatch_traced);

/*
 * A tracepoint has its first listener. The module stays as long as there are any:
 * ftrace does not remove a trigger from the events of a module that is unloaded;
 * the kernel would warn, and the trigger would use freed memory.
 */
static int trace_begin(void)
{
	if (!try_module_get(THIS_MODULE))
		return -EBUSY;
	static_branch_inc(&brkwatch_traced);
	return 0;
}

static void trace_end(void)
{
	static_branch_dec(&brkwatch_traced);
	module_put(THIS_MODULE);
}

#define CREATE_TRACE_POINTS
#include "trace.h"

#undef S
#undef S_LAST
#define S(value, name)	\
	[value] = name,
#define S_LAST S
const char *const brkwatch_kind_names[] = { BRKWATCH_KIND_SYMBOLS };
const char *const brkwatch_reason_names[] = { BRKWATCH_REASON_SYMBOLS };

static void (*const points[BRKWATCH_KINDS])(const struct brkwatch_record *record,
					    const struct brkwatch_event *event,
					    unsigned long old) = {
	[BRKWATCH_QUERY] = trace_brk_query,
	[BRKWATCH_GROW] = trace_brk_grow,
	[BRKWATCH_SHRINK] = trace_brk_shrink,
	[BRKWATCH_MOVE] = trace_brk_move,
	[BRKWATCH_SAME] = trace_brk_same,
	[BRKWATCH_REFUSED] = trace_brk_refused,
	[BRKWATCH_FORK ... BRKWATCH_END] = trace_brk_other,
};

/* Tell listeners of the newest event of @record, which is locked. */
void brkwatch_trace_event(const struct brkwatch_record *record,
			  const struct brkwatch_event *event, unsigned long old)
{
	points[event->kind](record, event, old);
}
