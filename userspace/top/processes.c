// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/utf8.h"
#include "top/processes.h"

const char *const sort_names[SORT_KEYS] = {
	[SORT_HEAP] = "heap",
	[SORT_GROWTH] = "growth",
	[SORT_REFUSED] = "refused",
	[SORT_PID] = "pid",
	[SORT_NAME] = "name",
};

static int compare_pids(const void *a, const void *b)
{
	const struct top_process *p = a, *q = b;

	return (p->row.pid > q->row.pid) - (p->row.pid < q->row.pid);
}

static void rate(struct top_process *p, const struct reading *before, double seconds)
{
	const struct top_process *old =
		bsearch(p, before->list, before->n, sizeof(*p), compare_pids);

	if (!old || !brkwatch_row_goes_on(&old->row, &p->row))
		return;
	p->rated = true;
	/* Not the heap's size, which prctl may move. */
	p->growth_per_s = llround(((double)(p->row.grown_bytes - old->row.grown_bytes) -
				   (double)(p->row.shrunk_bytes - old->row.shrunk_bytes)) / seconds);
	p->calls_per_s = (uint64_t)llround((double)(p->row.calls - old->row.calls) / seconds);
}

static int read_all(struct processes *ps, struct brkwatch_table *table,
		    const struct top_options *opts)
{
	const double seconds = (double)(ps->now.time_ns - ps->before.time_ns) / 1e9;
	struct reading *now = &ps->now;
	const struct brkwatch_row *row;
	struct top_process *p;
	int rc;

	while ((rc = brkwatch_table_next(table, &row)) > 0) {
		if (!select_has(&opts->selection, opts->bw, row->pid, row->name))
			continue;
		p = array_add(now->list, now->n, now->room);
		*p = (struct top_process){ .row = *row };
		if (ps->before.n && seconds > 0)
			rate(p, &ps->before, seconds);
		ps->heap_bytes += row->heap_bytes;
		ps->refused += row->refused;
	}
	return rc;
}

int processes_read(struct processes *ps, const struct top_options *opts)
{
	const struct reading before = ps->now;
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, opts->bw, "all");

	if (rc)
		return rc;
	if (before.n)
		qsort(before.list, before.n, sizeof(*before.list), compare_pids);
	ps->now = ps->before;
	ps->before = before;
	ps->now.n = 0;
	ps->now.time_ns = clock_ns();
	ps->heap_bytes = ps->refused = 0;
	rc = read_all(ps, table, opts);
	brkwatch_table_close(table);
	if (!rc)
		processes_arrange(ps);
	return rc;
}

void processes_match(struct processes *ps, const char *pattern)
{
	if (ps->compiled)
		regfree(&ps->regex);
	snprintf(ps->pattern, sizeof(ps->pattern), "%s", pattern);
	ps->compiled = *pattern && !regcomp(&ps->regex, ps->pattern, REG_EXTENDED | REG_NOSUB);
}

static bool matches(const struct processes *ps, const struct top_process *p)
{
	char plain[sizeof(p->row.name)];

	if (!*ps->pattern)
		return true;
	name_unescape(plain, p->row.name);
	return ps->compiled ? !regexec(&ps->regex, plain, 0, NULL, 0) :
			      strstr(plain, ps->pattern) != NULL;
}

/* The value by which @p comes early. What has no rate yet comes where it would not grow. */
static int64_t rank(const struct top_process *p, enum sort_key key)
{
	uint64_t value = key == SORT_HEAP ? p->row.heap_bytes : p->row.refused;

	if (key == SORT_GROWTH)
		return p->rated ? p->growth_per_s : 0;
	return value < INT64_MAX ? (int64_t)value : INT64_MAX;
}

static int compare(const void *a, const void *b, void *owner)
{
	const struct top_process *p = a, *q = b;
	const struct processes *ps = owner;
	int difference = 0;

	if (p->shown != q->shown)
		return p->shown ? -1 : 1;
	if (ps->key == SORT_NAME)
		difference = strcmp(p->row.name, q->row.name);
	else if (ps->key != SORT_PID)
		difference = (rank(p, ps->key) < rank(q, ps->key)) -
			     (rank(p, ps->key) > rank(q, ps->key));
	if (!difference)
		difference = compare_pids(p, q);
	return ps->reverse ? -difference : difference;
}

void processes_arrange(struct processes *ps)
{
	const struct reading *now = &ps->now;

	ps->shown = 0;
	for (size_t i = 0; i < now->n; i++) {
		now->list[i].shown = matches(ps, &now->list[i]);
		ps->shown += now->list[i].shown;
	}
	if (now->n)
		qsort_r(now->list, now->n, sizeof(*now->list), compare, ps);
}

void processes_free(struct processes *ps)
{
	processes_match(ps, "");
	free(ps->now.list);
	free(ps->before.list);
}
