// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "newfile.h"

bool newfile_open(struct newfile *new, const char *file)
{
	*new = (struct newfile){ .file = file, .fd = -1 };
	if (asprintf(&new->name, "%s.XXXXXX", file) < 0) {
		warn_user("%s: %s", file, strerror(ENOMEM));
		return false;
	}
	new->fd = mkostemp(new->name, O_CLOEXEC);
	if (new->fd >= 0)
		return true;
	warn_user("%s: %s", file, strerror(errno));
	free(new->name);
	return false;
}

bool newfile_possible(const char *file)
{
	struct newfile new;
	struct stat st;

	if (!stat(file, &st) && !S_ISREG(st.st_mode)) {
		warn_user("%s: is there, and no ordinary file", file);
		return false;
	}
	if (!newfile_open(&new, file))
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
	free(new->name);
	return ok;
}
