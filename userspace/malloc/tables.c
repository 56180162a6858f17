// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/format-number.h"
#include "common/json.h"
#include "common/table.h"
#include "common/utf8.h"
#include "malloc/print.h"

/* A table by kind: the name of the row, and numbers. */
struct column {
	const char *title, *json;
	bool size;
};

#define COLUMNS_MAX 8

struct row {
	char name[16];
	uint64_t values[COLUMNS_MAX];
};

static void put_table(struct outbuf *out, bool bytes, const struct column *columns, size_t n_columns,
		      const struct row *rows, size_t n_rows)
{
	struct libscols_table *tb = table_new();

	table_column(tb, "KIND", 0);
	for (size_t i = 0; i < n_columns; i++)
		table_column(tb, columns[i].title, SCOLS_FL_RIGHT);
	for (size_t i = 0; i < n_rows; i++) {
		struct libscols_line *line = table_line(tb);

		table_cell(line, 0, "%s", rows[i].name);
		for (size_t k = 0; k < n_columns; k++)
			table_cell(line, k + 1, "%s", size_text(rows[i].values[k], bytes || !columns[k].size).text);
	}
	table_put(out, tb);
}

static struct json_object *json_row(const struct column *columns, size_t n_columns, const struct row *row)
{
	struct json_object *obj = json_object_new_object();

	for (size_t i = 0; i < n_columns; i++)
		json_add_number(obj, columns[i].json, row->values[i]);
	return obj;
}

/* ---- what the calls of a process have come to ---- */

static const struct column sums[] = {
	{ "CALLS", "calls", false }, { "REFUSED", "refused", false }, { "MAPPED", "mapped_bytes", true },
	{ "UNMAPPED", "unmapped_bytes", true }, { "HELD", "held_bytes", true }, { "MOST", "most_bytes", true },
	{ "USABLE", "usable_bytes", true },
};

#define SUMS (sizeof(sums) / sizeof(sums[0]))

static size_t sum_rows(const struct space *space, struct row *rows)
{
	struct row all = { "total", { 0, 0, 0, 0, space->total, space->most, 0 } };
	size_t n = 0;

	for (enum kind kind = 0; kind < KINDS; kind++) {
		const struct tally *t = &space->tally[kind];
		struct row *row = &rows[n];

		if (!t->calls && !t->most)
			continue;
		*row = (struct row){ "", { t->calls, t->refused, t->mapped, t->unmapped, t->held, t->most,
					   space_usable(space, kind) } };
		snprintf(row->name, sizeof(row->name), "%s", kind_names[kind]);
		for (int i = 0; i < 4; i++)
			all.values[i] += row->values[i];
		all.values[SUMS - 1] += row->values[SUMS - 1];
		n++;
	}
	rows[n] = all;
	return n + 1;
}

void print_summary(const struct printer *printer, uint64_t pid, const char *process,
		   const struct space *space)
{
	struct row rows[KINDS + 1];
	const size_t n = sum_rows(space, rows);
	char name[4096];

	if (printer->style.quiet || n == 1)
		return;
	if (printer->style.format == FORMAT_JSON) {
		struct json_object *obj = json_line("summary"), *kinds = json_object_new_object();

		json_add_number(obj, "pid", pid);
		if (process)
			json_add_name(obj, "name", process, false);
		for (size_t i = 0; i < n - 1; i++)
			json_object_object_add(kinds, rows[i].name, json_row(sums, SUMS, &rows[i]));
		json_object_object_add(obj, "kinds", kinds);
		json_object_object_add(obj, "total", json_row(sums, SUMS, &rows[n - 1]));
		json_write(printer->out, obj);
	} else if (printer->style.format == FORMAT_TEXT) {
		snprintf(name, sizeof(name), "%s", process ?: "?");
		text_clean(name);
		outbuf_printf(printer->out, "... %" PRIu64 " %s: by kind\n", pid, name);
		put_table(printer->out, printer->style.bytes, sums, SUMS, rows, n);
	}
}

/* ---- what a process has mapped now ---- */

static const struct column parts[] = {
	{ "COUNT", "count", false }, { "VIRTUAL", "virtual_bytes", true },
	{ "RESIDENT", "resident_bytes", true }, { "DIRTY", "dirty_bytes", true },
	{ "SWAPPED", "swapped_bytes", true }, { "PSS", "pss_bytes", true },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* What is known, and what is a guess, are rows of their own. */
static size_t part_rows(const struct regions *regions, struct row *rows)
{
	struct row sum[KINDS][2] = { 0 }, all = { "total", { 0 } };
	size_t n = 0;

	for (size_t i = 0; i < regions->n; i++) {
		const struct region *r = &regions->all[i];
		const uint64_t values[PARTS] = {
			1, r->end - r->start, r->resident, r->dirty, r->swapped, r->pss,
		};

		for (size_t k = 0; k < PARTS; k++) {
			sum[r->what.kind][r->what.guess].values[k] += values[k];
			all.values[k] += values[k];
		}
	}
	for (enum kind kind = 0; kind < KINDS; kind++) {
		for (int guess = 0; guess < 2; guess++) {
			if (!sum[kind][guess].values[0])
				continue;
			rows[n] = sum[kind][guess];
			snprintf(rows[n].name, sizeof(rows[n].name), "%s%s", kind_names[kind], guess ? "?" : "");
			n++;
		}
	}
	rows[n] = all;
	return n + 1;
}

void print_regions(const struct printer *printer, uint64_t pid, const struct regions *regions)
{
	struct row rows[2 * KINDS + 1];
	const size_t n = part_rows(regions, rows), n_parts = regions->sized ? PARTS : 2;
	struct json_object *obj, *kinds, *row;

	if (printer->style.format == FORMAT_TEXT) {
		put_table(printer->out, printer->style.bytes, parts, n_parts, rows, n);
		return;
	}
	obj = json_line("regions");
	kinds = json_object_new_array();
	if (pid)
		json_add_number(obj, "pid", pid);
	for (size_t i = 0; i < n - 1; i++) {
		const size_t len = strcspn(rows[i].name, "?");

		row = json_row(parts, n_parts, &rows[i]);
		json_object_object_add(row, "kind", json_object_new_string_len(rows[i].name, (int)len));
		json_object_object_add(row, "guess", json_object_new_boolean(rows[i].name[len] == '?'));
		json_object_array_add(kinds, row);
	}
	json_object_object_add(obj, "kinds", kinds);
	json_object_object_add(obj, "total", json_row(parts, n_parts, &rows[n - 1]));
	json_write(printer->out, obj);
}
