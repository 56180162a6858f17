// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libbrkwatch/array.h"
#include "libbrkwatch/internal.h"

struct brkwatch_stats {
	struct text text;	/* its lines, and the cells of the table, end in a NUL each */
	size_t len;		/* of the lines with keys */
	const char **cells;	/* of the probes, row by row; the first one is the head */
	size_t n, room, columns;
};

/* "Key:\tvalue" lines; behind an empty one, a table. */
static int cut(struct brkwatch_stats *stats)
{
	char *text = stats->text.start, *rest = strstr(text, "\n\n"), *line, *cell;

	stats->len = rest ? (size_t)(rest - text) + 1 : stats->text.len;
	if (rest)
		rest += 2;
	for (char *p = text; (p = memchr(p, '\n', stats->len - (size_t)(p - text)));)
		*p = '\0';
	while ((line = strsep(&rest, "\n")) && *line) {
		size_t column = 0;

		for (; (cell = strsep(&line, "\t")); column++) {
			if (!array_room(stats->cells, stats->n, &stats->room))
				return -ENOMEM;
			stats->cells[stats->n++] = cell;
		}
		if (!stats->columns)
			stats->columns = column;
		if (column != stats->columns)
			return -EPROTO;
	}
	return stats->len ? 0 : -EPROTO;
}

int brkwatch_stats_open(struct brkwatch_stats **place, const struct brkwatch *bw)
{
	struct brkwatch_stats *stats = calloc(1, sizeof(*stats));
	int rc = stats ? brkwatch_read_file(bw, "stats", &stats->text) ?: cut(stats) : -ENOMEM;

	if (rc)
		brkwatch_stats_close(stats);
	else
		*place = stats;
	return rc;
}

void brkwatch_stats_close(struct brkwatch_stats *stats)
{
	if (!stats)
		return;
	free(stats->text.start);
	free(stats->cells);
	free(stats);
}

const char *brkwatch_stats_text(const struct brkwatch_stats *stats, const char *key)
{
	const char *const end = stats->text.start + stats->len;
	const size_t len = strlen(key);

	for (const char *line = stats->text.start; line < end; line += strlen(line) + 1)
		if (!strncmp(line, key, len) && !strncmp(line + len, ":\t", 2))
			return line + len + 2;
	return NULL;
}

static bool parse_number(const char *text, uint64_t *value)
{
	return text && value_parse(VALUE_UNSIGNED, text, value);
}

bool brkwatch_stats_number(const struct brkwatch_stats *stats, const char *key, uint64_t *value)
{
	return parse_number(brkwatch_stats_text(stats, key), value);
}

const char *brkwatch_stats_probe(const struct brkwatch_stats *stats, size_t i, const char *column)
{
	size_t place = 0;

	while (place < stats->columns && strcmp(stats->cells[place], column) != 0)
		place++;
	if (place == stats->columns || (i + 1) * stats->columns >= stats->n)
		return NULL;
	return stats->cells[(i + 1) * stats->columns + place];
}

/* Hits of the probes on brk(2). */
static int brk_hits(const struct brkwatch *bw, uint64_t *hits)
{
	struct brkwatch_stats *stats;
	int rc = brkwatch_stats_open(&stats, bw);
	const char *name;
	uint64_t value;

	if (rc)
		return rc;
	*hits = 0;
	rc = -ENODATA;
	for (size_t i = 0; (name = brkwatch_stats_probe(stats, i, "probe")); i++)
		if (!strncmp(name, "sys_brk", 7) &&
		    parse_number(brkwatch_stats_probe(stats, i, "hits"), &value)) {
			*hits += value;
			rc = 0;
		}
	brkwatch_stats_close(stats);
	return rc;
}

int brkwatch_probes_work(const struct brkwatch *bw)
{
	uint64_t before, after;
	int rc = bw->live ? brk_hits(bw, &before) : -EINVAL;

	if (rc)
		return rc;
	syscall(SYS_brk, 0);
	return brk_hits(bw, &after) ?: after > before;
}
