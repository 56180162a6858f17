// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
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
#include "metrics/prometheus.h"
#include "libbrkwatch/selfcheck.h"
#include "metrics/deltas.h"

struct metrics {
	struct outbuf *out;
	struct options *opts;
	struct tally tally;
	struct groups groups;
	char *temporary;
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

static bool complain(const char *file, int error)
{
	warn_user("%s: %s", file, strerror(error));
	return false;
}

/* Nobody reads half a file: it gets its name when all is in it. */
static bool write_file(struct metrics *metrics)
{
	const char *file = metrics->opts->metrics_file, *temporary = metrics->temporary;
	struct outbuf *out = metrics->out;
	int rc;

	unlink(temporary);
	out->fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out->fd < 0)
		return complain(temporary, errno);
	/* node_exporter is another user, whatever the umask is here. */
	fchmod(out->fd, 0644);
	rc = read_and_print(metrics) ? outbuf_flush(out) : 1;
	if (close(out->fd) && !rc)
		rc = -errno;
	if (!rc && rename(temporary, file))
		rc = -errno;
	if (rc)
		unlink(temporary);
	return rc >= 0 ? !rc : complain(file, -rc);
}

/* Whether to go on; SIGUSR1 asks for a reading before it is time. */
static bool wait_until(uint64_t time_ns, const sigset_t *signals)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t left = time_ns > now ? time_ns - now : 0;
	const struct timespec timeout = {
		.tv_sec = (time_t)(left / 1000000000),
		.tv_nsec = (long)(left % 1000000000),
	};
	int sig;

	do
		sig = sigtimedwait(signals, NULL, &timeout);
	while (sig < 0 && errno == EINTR);
	return sig < 0 || sig == SIGUSR1;
}

/* What is in the file is true only as long as somebody keeps it so. */
static enum exit_status keep_file(struct metrics *metrics)
{
	const uint64_t interval_ns = metrics->opts->metrics_interval_ms * 1000000;
	uint64_t next = clock_ns(CLOCK_MONOTONIC);
	sigset_t signals;
	bool ok;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	do {
		ok = write_file(metrics);
		while (next <= clock_ns(CLOCK_MONOTONIC))
			next += interval_ns;
	} while (ok && wait_until(next, &signals));
	unlink(metrics->opts->metrics_file);
	return ok ? STATUS_OK : STATUS_FAILED;
}

enum exit_status metrics_run(struct outbuf *out, struct options *opts)
{
	struct metrics metrics = { .out = out, .opts = opts };
	enum exit_status status;

	if (opts->metrics_file && !newfile_replaceable(opts->metrics_file))
		return STATUS_FAILED;
	metrics.groups.top = opts->groups ?: GROUPS_DEFAULT;
	selfcheck_probes(opts);
	if (!opts->metrics_file) {
		status = read_and_print(&metrics) ? STATUS_OK : STATUS_FAILED;
	} else if (asprintf(&metrics.temporary, "%s.tmp", opts->metrics_file) < 0) {
		warn_user("%s", strerror(ENOMEM));
		return STATUS_FAILED;
	} else {
		status = opts->metrics_interval_ms ? keep_file(&metrics) :
			 write_file(&metrics) ? STATUS_OK : STATUS_FAILED;
		free(metrics.temporary);
	}
	tally_free(&metrics.tally);
	groups_free(&metrics.groups);
	return status;
}
