// SPDX-License-Identifier: GPL-2.0
#include "top/selection.h"

void screen_select(struct screen *s, size_t index)
{
	const size_t n = s->ps.shown;
	const struct top_process *p;

	s->index = index < n ? index : n ? n - 1 : 0;
	p = n ? &s->ps.now.list[s->index] : NULL;
	if (p && p->row.pid != s->selected)
		track_update(&s->track, s->opts, p, s->ps.now.time_ns);
	s->selected = p ? p->row.pid : 0;
}

static void stay(struct screen *s)
{
	size_t i = 0;

	while (i < s->ps.shown && s->ps.now.list[i].row.pid != s->selected)
		i++;
	screen_select(s, i < s->ps.shown ? i : s->index);
}

void screen_arrange(struct screen *s)
{
	processes_arrange(&s->ps);
	stay(s);
}

int screen_look(struct screen *s)
{
	const pid_t before = s->selected;
	int rc = processes_read(&s->ps, s->opts);

	if (rc)
		return rc;
	stay(s);
	if (s->selected && s->selected == before)
		track_update(&s->track, s->opts, &s->ps.now.list[s->index], s->ps.now.time_ns);
	return 0;
}
