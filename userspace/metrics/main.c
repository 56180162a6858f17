// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse-values.h"
#include "common/program.h"
#include "common/replace-file.h"
#include "common/signals.h"
#include "common/why-not.h"
#include "libbrkwatch/internal.h"
#include "metrics/prometheus.h"

enum { OPT_INTERVAL = 0x100, OPT_GROUPS };

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "write to FILE, which is replaced as a whole", 0 },
	{ "interval", OPT_INTERVAL, "SECONDS", 0, "write FILE again and again; remove it at the end", 0 },
	{ "groups", OPT_GROUPS, "N", 0, "show N command names, the largest heaps first (20), and "
	  "all others together as \"other\"", 0 },
	{ 0 },
};

struct metrics {
	struct outbuf *out;
	struct metrics_options *opts;
	struct spaces spaces;
	struct groups groups;
};

/* The totals are read after the rows: what is in a row is in them. */
static bool read_and_print(struct metrics *metrics)
{
	struct metrics_options *opts = metrics->opts;
	bool goes_on = opts->interval_ms;
	struct brkwatch_stats *stats;
	struct counts totals;
	int rc;

	if (!spaces_read(&metrics->spaces, opts->bw, goes_on, groups_take, &metrics->groups))
		return false;
	rc = brkwatch_stats_open(&stats, opts->bw);
	if (rc) {
		complain_of_file(opts->bw, "stats", rc);
		return false;
	}
	groups_update(&metrics->groups, counts_of_all(stats, &totals) ? &totals : NULL);
	wall_look(&opts->wall, UINT64_MAX);
	prom_print(metrics->out, opts, stats, &metrics->groups, goes_on);
	brkwatch_stats_close(stats);
	return true;
}

/* ---- a file ---- */

/* Nobody reads half a file: it gets its name when all is in it. */
static bool write_file(struct metrics *metrics)
{
	const char *file = metrics->opts->file;
	struct outbuf *out = metrics->out;
	struct newfile new;
	int rc;

	if (!newfile_open(&new, file))
		return false;
	out->fd = new.fd;
	rc = read_and_print(metrics) ? outbuf_flush(out) : 1;
	if (rc < 0)
		warn_user("%s: %s", file, strerror(-rc));
	return newfile_close(&new, !rc);
}

/* What is in the file is true only as long as somebody keeps it so. */
static bool keep_file(struct metrics *metrics)
{
	uint64_t next_ms = clock_ms();
	int stop = stop_open(false);
	bool ok;

	if (stop < 0) {
		warn_user("cannot wait for signals: %s", strerror(-stop));
		return false;
	}
	stop_also_usr1();
	do {
		ok = write_file(metrics);
		while (next_ms <= clock_ms())
			next_ms += metrics->opts->interval_ms;
		/* SIGUSR1 asks for a reading before it is time. */
	} while (ok && (!stop_wait(next_ms, -1) || stop_take() == SIGUSR1));
	newfile_remove(metrics->opts->file);
	return ok;
}

static bool run(struct metrics *metrics)
{
	const char *file = metrics->opts->file;

	if (file && !newfile_replaceable(file))
		return false;
	warn_of_probes(metrics->opts->bw);
	if (!file)
		return read_and_print(metrics);
	/* node_exporter is another user, whatever the umask is here. */
	umask(022);
	return metrics->opts->interval_ms ? keep_file(metrics) : write_file(metrics);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct metrics_options *opts = state->input;
	bool ok = true;

	program_check(state, key, arg);
	switch (key) {
	case 'o':
		opts->file = arg;
		break;
	case OPT_INTERVAL:
		ok = parse_seconds("--interval", arg, &opts->interval_ms);
		break;
	case OPT_GROUPS:
		ok = parse_count("--groups", arg, &opts->groups) &&
		     (opts->groups <= GROUPS_MAX || not_understood("--groups", arg, "at most 100"));
		break;
	case ARGP_KEY_ARG:
		warn_user("unexpected argument: '%s'; the metrics always cover all processes", arg);
		ok = false;
		break;
	case ARGP_KEY_END:
		ok = !opts->interval_ms || opts->file;
		if (!ok)
			warn_user("--interval needs --output");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return ok ? 0 : program_usage(state);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse,
		.doc = "Print metrics of all processes, by command name, for Prometheus.\v"
		       "For more details see brkwatch-metrics(1).",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	static struct metrics_options opts = { .groups = GROUPS_DEFAULT };
	struct metrics metrics = { .out = &out, .opts = &opts };
	enum exit_status status = STATUS_FAILED;
	struct brkwatch *bw;

	program_setup();
	program_parse(&argp, argc, argv, &opts);
	opts.bw = opts.wall.bw = bw = open_directory();
	if (!bw)
		return STATUS_FAILED;
	metrics.groups.top = opts.groups;
	status = run(&metrics) ? STATUS_OK : STATUS_FAILED;
	if (!opts.file)
		status = output_finish(&out, status, STATUS_FAILED);
	spaces_free(&metrics.spaces);
	groups_free(&metrics.groups);
	brkwatch_close(bw);
	return (int)status;
}
