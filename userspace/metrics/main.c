// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "metrics/groups.h"
#include "metrics/main.h"
#include "libbrkwatch/module-stats.h"
#include "common/replace-file.h"
#include "common/signals.h"
#include "metrics/prometheus.h"
#include "libbrkwatch/selfcheck.h"
#include "metrics/deltas.h"

struct metrics {
	struct outbuf *out;
	struct options *opts;
	struct tally tally;
	struct groups groups;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The totals are read after the rows: what is in a row is in them. */
static bool read_and_print(struct metrics *metrics)
{
	struct options *opts = metrics->opts;
	bool goes_on = opts->metrics_interval_ms;
	struct modstats stats;
	struct counts totals;
	bool ok;

	if (!tally_read(&metrics->tally, opts, goes_on) || !modstats_read(&stats, opts))
		return false;
	ok = groups_update(&metrics->groups, &metrics->tally,
			   modstats_totals(&stats, &totals) ? &totals : NULL);
	/* Somebody may have set the clock. */
	opts->wall_offset_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
	if (ok)
		prom_print(metrics->out, opts, &stats, &metrics->groups, goes_on);
	modstats_free(&stats);
	return ok;
}

/* ---- a file ---- */

/* Nobody reads half a file: it gets its name when all is in it. */
static bool write_file(struct metrics *metrics)
{
	const char *file = metrics->opts->metrics_file;
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

/* Whether to go on; SIGUSR1 asks for a reading before it is time. */
static bool wait_until(uint64_t time_ns, int stop)
{
	struct pollfd fd = { .fd = stop, .events = POLLIN };
	int n;

	do {
		uint64_t now = clock_ns(CLOCK_MONOTONIC), left = time_ns > now ? time_ns - now : 0;
		const struct timespec timeout = {
			.tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000),
		};

		n = ppoll(&fd, 1, &timeout, NULL);
	} while (n < 0 && errno == EINTR);
	return n <= 0 || stop_take() == SIGUSR1;
}

/* What is in the file is true only as long as somebody keeps it so. */
static bool keep_file(struct metrics *metrics)
{
	const uint64_t interval_ns = metrics->opts->metrics_interval_ms * 1000000;
	uint64_t next = clock_ns(CLOCK_MONOTONIC);
	int stop = stop_open(false);
	bool ok;

	if (stop < 0) {
		warn_user("%s", strerror(-stop));
		return false;
	}
	stop_also_usr1();
	do {
		ok = write_file(metrics);
		while (next <= clock_ns(CLOCK_MONOTONIC))
			next += interval_ns;
	} while (ok && wait_until(next, stop));
	newfile_remove(metrics->opts->metrics_file);
	return ok;
}

enum exit_status metrics_run(struct outbuf *out, struct options *opts)
{
	struct metrics metrics = { .out = out, .opts = opts };
	bool ok;

	if (opts->metrics_file && !newfile_replaceable(opts->metrics_file))
		return STATUS_FAILED;
	/* node_exporter is another user, whatever the umask is here. */
	umask(022);
	metrics.groups.top = opts->groups ?: GROUPS_DEFAULT;
	selfcheck_probes(opts);
	if (opts->metrics_interval_ms)
		ok = keep_file(&metrics);
	else
		ok = opts->metrics_file ? write_file(&metrics) : read_and_print(&metrics);
	tally_free(&metrics.tally);
	groups_free(&metrics.groups);
	return ok ? STATUS_OK : STATUS_FAILED;
}
