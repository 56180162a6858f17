// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/replace-file.h"
#include "common/signals.h"

#define LINKS_MAX 40	/* as in the kernel */

/* No signal may come between creating the file and arranging its removal. */
static int make_guarded(char *name)
{
	sigset_t all, mask;
	int fd;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	fd = mkostemp(name, O_CLOEXEC);
	signals_remove(fd >= 0 ? name : NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return fd;
}

/*
 * The file that a symbolic link points to, or the name itself; NULL and errno if the links never end.
 * The last link may point to a file that does not exist yet, so realpath() does not help.
 */
static char *follow_links(const char *file)
{
	char *name = strdup(file), target[PATH_MAX];

	for (int links = 0; name && links < LINKS_MAX; links++) {
		ssize_t len = readlink(name, target, sizeof(target));
		const char *slash = strrchr(name, '/');
		char *next;

		if (len < 0)
			return name;
		/* A relative link starts at the directory that contains it. */
		if (asprintf(&next, "%.*s%.*s", slash && *target != '/' ? (int)(slash + 1 - name) : 0,
			     name, (int)len, target) < 0)
			next = NULL;
		free(name);
		name = next;
	}
	free(name);
	errno = name ? ELOOP : ENOMEM;
	return NULL;
}

/* The mode of the file that is replaced; otherwise that of a new file. */
static void set_mode(const struct newfile *new)
{
	mode_t mask = umask(0);
	struct stat old;

	umask(mask);
	if (stat(new->file, &old)) {
		fchmod(new->fd, 0666 & ~mask);
		return;
	}
	/* Only root can give files away. Another group must not get the permissions of the old one. */
	if (fchown(new->fd, old.st_uid, old.st_gid) && fchown(new->fd, (uid_t)-1, old.st_gid))
		old.st_mode &= ~(mode_t)S_IRWXG;
	fchmod(new->fd, old.st_mode & 0777);
}

/* The kernel decides whether a link may be followed. */
bool newfile_replaceable(const char *file)
{
	struct stat st;
	int rc = stat(file, &st);

	if (rc ? errno == ENOENT : S_ISREG(st.st_mode))
		return true;
	if (rc)
		warn_user("cannot write %s: %s", file, strerror(errno));
	else
		warn_user("cannot replace %s: it is not a regular file; choose another name", file);
	return false;
}

bool newfile_open(struct newfile *new, const char *file)
{
	int fd = -1;

	if (!newfile_replaceable(file))
		return false;
	*new = (struct newfile){ .file = follow_links(file) };
	if (new->file && asprintf(&new->name, "%s.XXXXXX", new->file) >= 0)
		fd = make_guarded(new->name);
	if (fd < 0) {
		warn_user("cannot write %s: %s", file, strerror(errno));
		free(new->name);
		free(new->file);
		return false;
	}
	new->fd = fd;
	set_mode(new);
	return true;
}

bool newfile_possible(const char *file)
{
	struct newfile new;

	if (!newfile_open(&new, file))
		return false;
	newfile_close(&new, false);
	return true;
}

bool newfile_close(struct newfile *new, bool whole)
{
	bool ok = whole;

	/* A write error may show only here. */
	if (close(new->fd) || !ok || rename(new->name, new->file)) {
		ok = false;
		if (whole)
			warn_user("cannot write %s: %s", new->file, strerror(errno));
		unlink(new->name);
	}
	signals_remove(NULL);
	free(new->name);
	free(new->file);
	return ok;
}

void newfile_remove(const char *file)
{
	char *name = follow_links(file);

	if (name)
		unlink(name);
	free(name);
}
