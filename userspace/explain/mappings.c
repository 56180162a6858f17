// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "explain/proc-pid.h"
#include "explain/mappings.h"

bool mappings_open(struct mappings *maps, const struct explain_how *how,
		   const struct brkwatch_snapshot *snap)
{
	const pid_t task = live_task(how, snap);

	*maps = (struct mappings){ .snap = snap };
	if (!task)
		return false;
	maps->file = live_open(how, "%d/smaps", task);
	/* A kernel may be without it. */
	if (!maps->file)
		maps->file = live_open(how, "%d/maps", task);
	return maps->file;
}

void mappings_close(struct mappings *maps)
{
	if (maps->file)
		fclose(maps->file);
	free(maps->line);
}

static bool next_line(struct mappings *maps)
{
	if (!maps->file || getline(&maps->line, &maps->room, maps->file) <= 0)
		return false;
	maps->line[strcspn(maps->line, "\n")] = '\0';
	return true;
}

/* START-END PERMISSIONS OFFSET DEVICE INODE [NAME] */
static bool parse_range(struct mapping *m, char *line)
{
	char *p;

	*m = (struct mapping){ .start = strtoull(line, &p, 16) };
	if (p == line || *p != '-')
		return false;
	m->end = strtoull(p + 1, &p, 16);
	for (int i = 0; i < 4; i++) {
		p += strspn(p, " ");
		p += strcspn(p, " ");
	}
	p += strspn(p, " ");
	snprintf(m->name, sizeof(m->name), "%s", p);
	return true;
}

static void take_field(struct mapping *m, const char *line)
{
	const struct {
		const char *key;
		uint64_t *sum;
	} sizes[] = {
		{ "Rss:", &m->resident },
		{ "Shared_Dirty:", &m->dirty },
		{ "Private_Dirty:", &m->dirty },
		{ "Swap:", &m->swapped },
	};

	m->sized = true;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = strlen(sizes[i].key);

		if (!strncmp(line, sizes[i].key, len)) {
			*sizes[i].sum += strtoull(line + len, NULL, 10) * 1024;
			return;
		}
	}
	if (!strncmp(line, "VmFlags:", strlen("VmFlags:"))) {
		m->sealed = strstr(line, " sl");
		m->grows_down = strstr(line, " gd");
	}
}

/* Before Linux 6.6 a mapping that only touches the heap has that name, too. */
static bool is_misnamed(const struct mapping *m, const struct brkwatch_snapshot *snap)
{
	return !strcmp(m->name, "[heap]") &&
	       (m->start >= page_align(snap, snap->brk) || m->end <= snap->start_brk);
}

bool mappings_next(struct mappings *maps, struct mapping *m)
{
	if (!maps->pending && !next_line(maps))
		return false;
	maps->pending = false;
	if (!parse_range(m, maps->line))
		return false;
	if (is_misnamed(m, maps->snap))
		*m->name = '\0';
	while (next_line(maps)) {
		if (!isupper((unsigned char)*maps->line)) {
			maps->pending = true;
			break;
		}
		take_field(m, maps->line);
	}
	return true;
}

static void add_mapping(struct heap_memory *memory, const struct mapping *m, uint64_t from,
			uint64_t to)
{
	memory->sized &= m->sized;
	memory->resident += m->resident;
	memory->dirty += m->dirty;
	memory->swapped += m->swapped;
	/* Where addresses are not random, the heap may be one mapping with the data before it. */
	if (m->start < from)
		memory->others += from - m->start;
	if (m->end > to)
		memory->others += m->end - to;
}

static uint64_t resident_of_process(const struct explain_how *how, const struct brkwatch_snapshot *snap)
{
	const pid_t task = live_task(how, snap);
	uint64_t pages[2] = { 0 };

	if (!task || !live_numbers(live_open(how, "%d/statm", task), "", pages, 2))
		return 0;
	return pages[1] * page_size_of(snap);
}

void heap_memory_read(struct heap_memory *memory, const struct explain_how *how,
		      const struct brkwatch_snapshot *snap)
{
	uint64_t from = page_align(snap, snap->start_brk), to = page_align(snap, snap->brk);
	struct mappings maps;
	struct mapping m;
	bool any = false;

	*memory = (struct heap_memory){ 0 };
	if (!mappings_open(&maps, how, snap))
		return;
	memory->sized = true;
	while (!memory->named && mappings_next(&maps, &m)) {
		any = true;
		memory->sized &= m.sized;
		if (m.end > from && m.start < to)
			add_mapping(memory, &m, from, to);
		if (m.start == snap->next_mapping) {
			memory->named = true;
			memcpy(memory->next_name, m.name, sizeof(m.name));
		}
		if (m.start >= to)
			break;
	}
	mappings_close(&maps);
	memory->process = resident_of_process(how, snap);
	if (!any || !live_is_same(how, snap))
		*memory = (struct heap_memory){ 0 };
}

const char *mapping_name(const char *name)
{
	return *name ? name : "anonymous memory";
}
