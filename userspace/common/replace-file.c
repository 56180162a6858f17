// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "common/replace-file.h"

static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Of the one that is open. */
static const char *unfinished;
static struct sigaction before[SIGNALS];

/* Ends us as it would have without this. */
static void clean_up(int sig)
{
	unlink(unfinished);
	raise(sig);
}

/* Also those that so far ask to stop: drawing does not look for that. */
static void guard(const char *name)
{
	const struct sigaction action = { .sa_handler = clean_up, .sa_flags = (int)SA_RESETHAND };

	unfinished = name;
	for (size_t i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static void unguard(void)
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
}

/* No signal comes between the file and what removes it. */
static int make_guarded(char *name)
{
	sigset_t blocked, mask;
	int fd;

	sigemptyset(&blocked);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaddset(&blocked, signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &mask);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		guard(name);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return fd;
}

bool newfile_open(struct newfile *new, const char *file)
{
	*new = (struct newfile){ .file = file, .fd = -1 };
	if (asprintf(&new->name, "%s.XXXXXX", file) < 0) {
		warn_user("%s: %s", file, strerror(ENOMEM));
		return false;
	}
	new->fd = make_guarded(new->name);
	if (new->fd >= 0)
		return true;
	warn_user("%s: %s", file, strerror(errno));
	free(new->name);
	return false;
}

bool newfile_replaceable(const char *file)
{
	struct stat st;

	if (stat(file, &st) || S_ISREG(st.st_mode))
		return true;
	warn_user("%s: is there, and no ordinary file", file);
	return false;
}

bool newfile_possible(const char *file)
{
	struct newfile new;

	if (!newfile_replaceable(file) || !newfile_open(&new, file))
		return false;
	newfile_close(&new, false);
	return true;
}

bool newfile_close(struct newfile *new, bool whole)
{
	mode_t mask = umask(0);
	bool ok = whole;

	umask(mask);
	/* As if it had been opened in the ordinary way. What was written may fail as late as here. */
	if (fchmod(new->fd, 0666 & ~mask))
		ok = false;
	if (close(new->fd) || !ok || rename(new->name, new->file)) {
		ok = false;
		if (whole)
			warn_user("%s: %s", new->file, strerror(errno));
		unlink(new->name);
	}
	unguard();
	free(new->name);
	return ok;
}
