// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/choose-processes.h"
#include "top/sort-filter.h"

const char *const sort_names[SORT_KEYS] = {
	[SORT_HEAP] = "heap",
	[SORT_GROWTH] = "growth",
	[SORT_REFUSED] = "refused",
	[SORT_PID] = "pid",
	[SORT_NAME] = "name",
};

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
	const struct top_process *p = *(struct top_process *const *)a, *q = *(struct top_process *const *)b;
	const struct view *view = owner;
	int difference = 0;

	if (view->key == SORT_NAME)
		difference = strcmp(p->row.name, q->row.name);
	else if (view->key != SORT_PID)
		difference = (rank(p, view->key) < rank(q, view->key)) -
			     (rank(p, view->key) > rank(q, view->key));
	if (!difference)
		difference = (p->row.pid > q->row.pid) - (p->row.pid < q->row.pid);
	return view->reverse ? -difference : difference;
}

void view_set_pattern(struct view *view, const char *pattern)
{
	if (view->compiled)
		regfree(&view->regex);
	snprintf(view->pattern, sizeof(view->pattern), "%s", pattern);
	view->compiled = *view->pattern &&
			 !regcomp(&view->regex, view->pattern, REG_EXTENDED | REG_NOSUB);
}

static bool is_shown(const struct view *view, const struct top_process *p)
{
	char plain[sizeof(p->row.name)];

	if (!*view->pattern)
		return true;
	name_unescape(p->row.name, plain);
	return view->compiled ? !regexec(&view->regex, plain, 0, NULL, 0) :
				strstr(plain, view->pattern) != NULL;
}

int view_update(struct view *view, const struct processes *ps)
{
	if (ps->n > view->room) {
		struct top_process **rows = reallocarray(view->rows, ps->n, sizeof(struct top_process *));

		if (!rows)
			return -ENOMEM;
		view->rows = rows;
		view->room = ps->n;
	}
	view->n = 0;
	for (size_t i = 0; i < ps->n; i++)
		if (is_shown(view, &ps->list[i]))
			view->rows[view->n++] = &ps->list[i];
	if (view->n)
		qsort_r(view->rows, view->n, sizeof(struct top_process *), compare, view);
	return 0;
}

void view_free(struct view *view)
{
	view_set_pattern(view, "");
	free(view->rows);
}
