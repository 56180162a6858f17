// SPDX-License-Identifier: GPL-2.0
/*
 * All metrics there are. What is in the text of stats and of names is copied to labels, and
 * none of it is an address.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "metrics/prometheus.h"

/* Reasons and probes are few; should there be more some day, their series are so no more. */
#define SERIES_MAX	24

enum value_kind { COUNT, UNIX_SECONDS };

struct family {
	const char *name;
	const char *type;
	const char *help;
};

static void print_head(struct outbuf *out, const struct family *family)
{
	outbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
		      family->type);
}

/* NAME{LABEL="TEXT"} and a space. */
static void print_labelled(struct outbuf *out, const char *name, const char *label,
			   const char *text, size_t len)
{
	outbuf_printf(out, "%s{%s=\"", name, label);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			outbuf_puts(out, "\\n");
			continue;
		}
		if (text[i] == '"' || text[i] == '\\')
			outbuf_puts(out, "\\");
		outbuf_write(out, &text[i], 1);
	}
	outbuf_puts(out, "\"} ");
}

/* ---- groups ---- */

static const struct group_family {
	struct family family;
	enum value_kind kind;
	bool counter;
	size_t offset;
} group_families[] = {
	{ { "brkwatch_processes", "gauge", "Processes of this command name." },
	  COUNT, false, offsetof(struct group, processes) },
	{ { "brkwatch_heap_bytes", "gauge",
	    "Heap between the start and the program break, of these processes together." },
	  COUNT, false, offsetof(struct group, heap_bytes) },
	{ { "brkwatch_heap_peak_bytes", "gauge",
	    "The largest heap that each of these processes has had, together." },
	  COUNT, false, offsetof(struct group, peak_bytes) },
	{ { "brkwatch_last_event_timestamp_seconds", "gauge",
	    "When the last brk call or fork of one of these processes was recorded." },
	  UNIX_SECONDS, false, offsetof(struct group, last_event_ns) },
	{ { "brkwatch_group_calls_total", "counter",
	    "brk calls of this command name since it is shown." },
	  COUNT, true, offsetof(struct group, counts.of[COUNT_CALLS]) },
	{ { "brkwatch_group_failures_total", "counter",
	    "brk calls of this command name that were refused, since it is shown." },
	  COUNT, true, offsetof(struct group, counts.of[COUNT_REFUSED]) },
	{ { "brkwatch_group_heap_grown_bytes_total", "counter",
	    "Whole pages by which heaps of this command name have grown since it is shown." },
	  COUNT, true, offsetof(struct group, counts.of[COUNT_GROWN]) },
	{ { "brkwatch_group_heap_shrunk_bytes_total", "counter",
	    "Whole pages by which heaps of this command name have shrunk since it is shown." },
	  COUNT, true, offsetof(struct group, counts.of[COUNT_SHRUNK]) },
};

static void print_group(struct outbuf *out, const struct metrics_options *opts,
			const struct group_family *gf, const struct group *group)
{
	uint64_t value = *(const uint64_t *)((const char *)group + gf->offset);

	if (gf->kind == UNIX_SECONDS && !value)
		return;
	print_labelled(out, gf->family.name, "groupname", group->name, strlen(group->name));
	if (gf->kind == UNIX_SECONDS)
		outbuf_printf(out, "%.3f\n", (double)wall_time(&opts->wall, value) / 1e9);
	else
		outbuf_printf(out, "%" PRIu64 "\n", value);
}

static void print_groups(struct outbuf *out, const struct metrics_options *opts,
			 const struct groups *groups, bool counters)
{
	for (size_t f = 0; f < sizeof(group_families) / sizeof(group_families[0]); f++) {
		const struct group_family *gf = &group_families[f];

		if ((gf->counter && !counters) || (gf->kind == UNIX_SECONDS && !opts->wall.n))
			continue;
		print_head(out, &gf->family);
		for (size_t i = 0; i < groups->n; i++)
			print_group(out, opts, gf, &groups->shown[i]);
		print_group(out, opts, gf, &groups->other);
	}
}

/* ---- the module ---- */

#define LOST(cause, key) \
	{ { "brkwatch_calls_lost_total", "counter", "brk calls that were not recorded, by cause: too many inside, " \
	    "no record free, or missed by a probe." }, key, cause }

static const struct module_family {
	struct family family;
	const char *key, *cause;
} module_families[] = {
	{ { "brkwatch_calls_total", "counter", "brk calls of all processes." }, "TotalCalls", NULL },
	{ { "brkwatch_grows_total", "counter", "brk calls that took pages." }, "TotalGrows", NULL },
	{ { "brkwatch_shrinks_total", "counter", "brk calls that gave pages back." },
	  "TotalShrinks", NULL },
	{ { "brkwatch_heap_grown_bytes_total", "counter",
	    "Whole pages by which the heaps of all processes have grown." },
	  "TotalGrownBytes", NULL },
	{ { "brkwatch_heap_shrunk_bytes_total", "counter",
	    "Whole pages by which the heaps of all processes have shrunk." },
	  "TotalShrunkBytes", NULL },
	{ { "brkwatch_records", "gauge", "Address spaces of which the module keeps a record." },
	  "Records", NULL },
	{ { "brkwatch_records_limit", "gauge", "Maximum of records that the module may keep." },
	  "RecordsLimit", NULL },
	{ { "brkwatch_records_refused_total", "counter", "Records refused because of this limit, or of a user's share of it." },
	  "RecordsRefused", NULL },
	{ { "brkwatch_records_exhausted_total", "counter", "Times that no spare record was left for a user." },
	  "RecordsExhausted", NULL },
	{ { "brkwatch_memory_bytes", "gauge", "Memory that the module holds." }, "MemoryBytes", NULL },
	LOST("missed", "LostMissed"), LOST("no_record", "LostNoRecord"), LOST("maxactive", "TotalLost"),
};

static void print_module(struct outbuf *out, const struct brkwatch_stats *stats)
{
	const char *last = "";

	for (size_t i = 0; i < sizeof(module_families) / sizeof(module_families[0]); i++) {
		const struct module_family *mf = &module_families[i];
		uint64_t value;

		if (!brkwatch_stats_number(stats, mf->key, &value))
			continue;
		if (strcmp(last, mf->family.name) != 0)
			print_head(out, &mf->family);
		last = mf->family.name;
		if (mf->cause)
			print_labelled(out, mf->family.name, "cause", mf->cause, strlen(mf->cause));
		else
			outbuf_printf(out, "%s ", mf->family.name);
		outbuf_printf(out, "%" PRIu64 "\n", value);
	}
}

static void print_build_info(struct outbuf *out, const struct brkwatch_stats *stats)
{
	static const struct family family = {
		"brkwatch_build_info", "gauge", "Version of the loaded module; the value is 1.",
	};
	const char *version = brkwatch_stats_text(stats, "Version");

	if (!version)
		return;
	print_head(out, &family);
	print_labelled(out, family.name, "version", version, strlen(version));
	outbuf_puts(out, "1\n");
}

/* Words as killed=0 below_start=2. */
static void print_failures(struct outbuf *out, const struct brkwatch_stats *stats)
{
	static const struct family family = {
		"brkwatch_failures_total", "counter", "brk calls that were refused, by reason.",
	};
	const char *word = brkwatch_stats_text(stats, "RefusedFor");

	if (!word)
		return;
	print_head(out, &family);
	for (int i = 0; i < SERIES_MAX && islower((unsigned char)*word); i++) {
		size_t len = strcspn(word, "= \n"), digits;

		digits = word[len] == '=' ? strspn(word + len + 1, "0123456789") : 0;
		if (!digits)
			break;
		print_labelled(out, family.name, "reason", word, len);
		outbuf_write(out, word + len + 1, digits);
		outbuf_puts(out, "\n");
		word += len + 1 + digits;
		word += strspn(word, " ");
	}
}

/* ---- probes ---- */

static const struct probe_family {
	struct family family;
	const char *column;
} probe_families[] = {
	{ { "brkwatch_probe_armed", "gauge", "Whether this probe is in place." }, "state" },
	{ { "brkwatch_probe_hits_total", "counter", "Calls that this probe has seen." }, "hits" },
	{ { "brkwatch_probe_missed_total", "counter",
	    "Calls that this probe is known to have missed." }, "missed" },
};

static void print_probe(struct outbuf *out, const struct probe_family *pf, const char *name,
			const char *text)
{
	print_labelled(out, pf->family.name, "probe", name, strlen(name));
	if (!strcmp(pf->column, "state"))
		outbuf_puts(out, !strcmp(text, "armed") ? "1" : "0");
	else
		outbuf_write(out, text, strspn(text, "0123456789"));
	outbuf_puts(out, "\n");
}

static void print_probes(struct outbuf *out, const struct brkwatch_stats *stats)
{
	for (size_t f = 0; f < sizeof(probe_families) / sizeof(probe_families[0]); f++) {
		const struct probe_family *pf = &probe_families[f];
		const char *name, *text;

		for (size_t i = 0; i < SERIES_MAX; i++) {
			name = brkwatch_stats_probe(stats, i, "probe");
			text = brkwatch_stats_probe(stats, i, pf->column);
			if (!name || !text)
				break;
			if (!i)
				print_head(out, &pf->family);
			print_probe(out, pf, name, text);
		}
	}
}

void prom_print(struct outbuf *out, const struct metrics_options *opts, const struct brkwatch_stats *stats,
		const struct groups *groups, bool counters)
{
	print_build_info(out, stats);
	print_groups(out, opts, groups, counters);
	print_module(out, stats);
	print_failures(out, stats);
	print_probes(out, stats);
}
