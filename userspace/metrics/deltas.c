// SPDX-License-Identifier: GPL-2.0
/*
 * What each address space has done between two readings.
 *
 * Counts of address spaces go away with them, so sums over those that live cannot be counters:
 * what is added from one reading to the next can be summed up. What has ended has its last values in
 * exited, as long as there is room. What an address space does between the last reading and an exec
 * is in neither file.
 */
#include <errno.h>

#include "common/complain.h"
#include "common/why-not.h"
#include "metrics/deltas.h"

/* A process may come to exited a moment after it has left all. */
#define MISSING_MAX	2

struct known {
	struct pid_entry entry;
	struct counts counts;
	unsigned int seen;	/* in which reading, last */
};

/* A reading. */
struct pass {
	struct spaces *spaces;
	bool lives;
	take_delta *take;
	void *owner;
};

void counts_add(struct counts *sum, const struct counts *counts)
{
	for (enum count i = 0; i < COUNTS; i++)
		sum->of[i] += counts->of[i];
}

bool counts_of_all(const struct brkwatch_stats *stats, struct counts *totals)
{
	static const char *const keys[COUNTS] = {
		[COUNT_CALLS] = "TotalCalls", [COUNT_REFUSED] = "TotalRefused",
		[COUNT_GROWN] = "TotalGrownBytes", [COUNT_SHRUNK] = "TotalShrunkBytes",
	};
	bool all = true;

	for (enum count i = 0; i < COUNTS; i++)
		all &= brkwatch_stats_number(stats, keys[i], &totals->of[i]);
	return all;
}

/* A module that is loaded again numbers spaces anew, but what only grows begins anew, too. */
static struct counts added_to(const struct counts *before, const struct counts *now)
{
	struct counts added = *now;
	bool goes_on = true;

	for (enum count i = 0; i < COUNTS; i++)
		goes_on &= before->of[i] <= now->of[i];
	for (enum count i = 0; i < COUNTS && goes_on; i++)
		added.of[i] -= before->of[i];
	return added;
}

static void take_row(const struct pass *pass, const struct brkwatch_row *row)
{
	static const struct counts none;
	const struct counts now = { {
		[COUNT_CALLS] = row->calls, [COUNT_REFUSED] = row->refused,
		[COUNT_GROWN] = row->grown_bytes, [COUNT_SHRUNK] = row->shrunk_bytes,
	} };
	/* An older module does not number them, so that nothing is known of what has ended. */
	const uint64_t space = row->space ? row->space : UINT64_MAX - (uint64_t)row->pid;
	struct spaces *spaces = pass->spaces;
	struct known *known;
	struct counts added;

	if (!row->space && !pass->lives)
		return;
	known = pid_get(&spaces->known, space, sizeof(*known));
	/* Several processes may have it, as after vfork. */
	if (pass->lives && known->seen == spaces->reading)
		return;
	added = spaces->reading == 1 ? none : added_to(&known->counts, &now);
	known->counts = now;
	known->seen = spaces->reading;
	pass->take(pass->owner, row, &added, pass->lives);
}

static int read_file(const struct pass *pass, const struct brkwatch *bw, const char *file)
{
	const struct brkwatch_row *row;
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, bw, file);

	if (rc)
		return rc;
	/* A row that is not understood, as of a name that has tabs, is left out. */
	while ((rc = brkwatch_table_next(table, &row)) > 0 || rc == -EPROTO)
		if (rc > 0)
			take_row(pass, row);
	brkwatch_table_close(table);
	return rc;
}

static void forget(void *owner, void *entry)
{
	const struct known *known = entry;
	struct spaces *spaces = owner;

	if (spaces->reading - known->seen > MISSING_MAX)
		pid_drop(&spaces->known, entry);
}

bool spaces_read(struct spaces *spaces, const struct brkwatch *bw, bool ends, take_delta *take, void *owner)
{
	struct pass pass = { .spaces = spaces, .lives = true, .take = take, .owner = owner };
	int rc;

	spaces->reading++;
	rc = read_file(&pass, bw, "all");
	if (rc) {
		complain_of_file(bw, "all", rc);
		return false;
	}
	pass.lives = false;
	if (ends && !spaces->blind)
		rc = read_file(&pass, bw, "exited");
	if (rc == -EACCES)
		warn_user("cannot read %s/exited: permission denied; the counters will lack what processes do just before "
			  "they end. Run it as root, or with CAP_SYS_PTRACE", brkwatch_directory(bw));
	else if (rc)
		complain_of_file(bw, "exited", rc);
	/* Complain once. Only what processes did between the last reading and their end is then missing. */
	spaces->blind |= rc == -EACCES || rc == -ENOENT;
	pid_visit(&spaces->known, forget, spaces);
	return !rc || spaces->blind;
}

static void drop(void *owner, void *entry)
{
	pid_drop(owner, entry);
}

void spaces_free(struct spaces *spaces)
{
	pid_visit(&spaces->known, drop, &spaces->known);
}
