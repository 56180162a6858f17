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

static struct metrics_options opts = { .groups = GROUPS_DEFAULT };

static bool take_groups(const char *name, const char *arg, void *groups)
{
	return take_count(name, arg, groups) && (opts.groups <= GROUPS_MAX || not_understood(name, arg, "at most 100"));
}

static const struct program_option options[] = {
	{ "output", 'o', "FILE", "write to FILE, which is replaced as a whole", take_text, &opts.file },
	{ "interval", 0, "SECONDS", "write FILE again and again; remove it at the end", take_seconds,
	  &opts.interval_ms },
	{ "groups", 0, "N", "show N command names, the largest heaps first (20), and all others together as "
	  "\"other\"", take_groups, &opts.groups },
	{ 0 },
};

static bool refuse_argument(const char *name, const char *arg, void *to)
{
	(void)name;
	(void)to;
	warn_user("unexpected argument: '%s'; the metrics always cover all processes", arg);
	return false;
}

static bool check(void)
{
	if (opts.interval_ms && !opts.file)
		warn_user("--interval needs --output");
	return !opts.interval_ms || opts.file;
}

struct metrics {
	struct outbuf *out;
	struct spaces spaces;
	struct groups groups;
};

/* The totals are read after the rows: what is in a row is in them. */
static bool read_and_print(struct metrics *metrics)
{
	bool goes_on = opts.interval_ms;
	struct brkwatch_stats *stats;
	struct counts totals;
	int rc;

	if (!spaces_read(&metrics->spaces, opts.bw, goes_on, groups_take, &metrics->groups))
		return false;
	rc = brkwatch_stats_open(&stats, opts.bw);
	if (rc) {
		complain_of_file(opts.bw, "stats", rc);
		return false;
	}
	groups_update(&metrics->groups, counts_of_all(stats, &totals) ? &totals : NULL);
	wall_look(&opts.wall, UINT64_MAX);
	prom_print(metrics->out, &opts, stats, &metrics->groups, goes_on);
	brkwatch_stats_close(stats);
	return true;
}

/* ---- a file ---- */

/* Nobody reads half a file: it gets its name when all is in it. */
static bool write_file(struct metrics *metrics)
{
	const char *file = opts.file;
	struct outbuf *out = metrics->out;
	struct newfile new;
	int rc;

	if (!newfile_open(&new, file))
		return false;
	out->fd = new.fd;
	rc = read_and_print(metrics) ? outbuf_flush(out) : 1;
	if (rc < 0)
		warn_user("cannot write %s: %s", file, strerror(-rc));
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
			next_ms += opts.interval_ms;
		/* SIGUSR1 asks for a reading before it is time. */
	} while (ok && (!stop_wait(next_ms, -1) || stop_take() == SIGUSR1));
	newfile_remove(opts.file);
	return ok;
}

static bool run(struct metrics *metrics)
{
	const char *file = opts.file;

	if (file && !newfile_replaceable(file))
		return false;
	warn_of_probes(opts.bw);
	if (!file)
		return read_and_print(metrics);
	/* node_exporter is another user, whatever the umask is here. */
	umask(022);
	return opts.interval_ms ? keep_file(metrics) : write_file(metrics);
}

int main(int argc, char **argv)
{
	static const struct program program = {
		.options = options, .argument = refuse_argument, .check = check,
		.purpose = "Print metrics of all processes, by command name, for Prometheus.",
	};
	static struct outbuf out = { .fd = STDOUT_FILENO };
	struct metrics metrics = { .out = &out };
	enum exit_status status = STATUS_FAILED;
	struct brkwatch *bw;

	program_start(&program, argc, argv);
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
