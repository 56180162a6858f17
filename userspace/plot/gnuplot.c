// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/complain.h"
#include "plot/gnuplot.h"
#include "common/utf8.h"

/* What its user has set up for himself would show in our pictures. */
static char *const command_draw[] = { "gnuplot", "--default-settings", NULL };
static char *const command_version[] = { "gnuplot", "--version", NULL };

/* Returns 0 or a negative errno. */
static int spawn(pid_t *pid, char *const *command, int in, int out, int err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int rc;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return -rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc) {
		posix_spawn_file_actions_destroy(&actions);
		return -rc;
	}
	rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF) ?:
	     posix_spawnattr_setsigdefault(&attributes, &defaults) ?:
	     posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) ?:
	     posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) ?:
	     posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO) ?:
	     posix_spawnp(pid, *command, &actions, &attributes, command, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

/* Returns its status as of waitpid(2). */
static int wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

bool gnuplot_present(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = 0;
	int rc = null < 0 ? -errno : spawn(&pid, command_version, null, null, null);

	if (null >= 0)
		close(null);
	if (rc == -ENOENT || rc == -EACCES || rc == -ENOTDIR)
		warn_user("pictures are drawn by gnuplot, which is not installed: "
			  "apt install gnuplot-nox, or the like");
	else if (rc)
		warn_user("gnuplot: %s", strerror(-rc));
	else if (wait_for(pid))
		warn_user("gnuplot --version fails: pictures cannot be drawn");
	else
		return true;
	return false;
}

int gnuplot_start(struct gnuplot *gnuplot, int fd)
{
	int fds[2] = { -1, -1 };
	int rc = 0;

	*gnuplot = (struct gnuplot){ .said = memfd_create("gnuplot", MFD_CLOEXEC) };
	if (gnuplot->said < 0 || pipe2(fds, O_CLOEXEC))
		rc = -errno;
	rc = rc ?: spawn(&gnuplot->pid, command_draw, fds[0], fd, gnuplot->said);
	if (fds[0] >= 0)
		close(fds[0]);
	if (!rc) {
		gnuplot->script = fdopen(fds[1], "w");
		rc = gnuplot->script ? 0 : -errno;
	}
	if (rc) {
		if (fds[1] >= 0)
			close(fds[1]);
		if (gnuplot->pid)
			wait_for(gnuplot->pid);
		if (gnuplot->said >= 0)
			close(gnuplot->said);
		warn_user("gnuplot: %s", strerror(-rc));
		return -1;
	}
	/* It may give up before it has read all. */
	gnuplot->sigpipe = signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* Of what it has said, the line with the reason: those before show the place. */
static void complain(const struct gnuplot *gnuplot, int status)
{
	char text[4096], *line, *last = NULL, *rest = text;
	ssize_t n = pread(gnuplot->said, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (line[strspn(line, " \t^")])
			last = line;
	if (last) {
		char clean[256 * 4 + 1];

		gnuplot_clean(clean, last + strspn(last, " \t"), 256);
		warn_user("gnuplot: %s", clean);
	} else if (WIFSIGNALED(status)) {
		warn_user("gnuplot was ended by signal %d", WTERMSIG(status));
	} else {
		warn_user("gnuplot failed with status %d", WEXITSTATUS(status));
	}
}

int gnuplot_finish(struct gnuplot *gnuplot)
{
	bool failed = fflush(gnuplot->script) || ferror(gnuplot->script);
	int status;

	failed |= fclose(gnuplot->script) != 0;
	status = wait_for(gnuplot->pid);
	signal(SIGPIPE, gnuplot->sigpipe);
	if (failed || status)
		complain(gnuplot, status);
	close(gnuplot->said);
	return failed || status ? -1 : 0;
}

void gnuplot_clean(char *out, const char *text, size_t width)
{
	const char *start = out;

	for (size_t i = 0; i < width && *text; i++) {
		const unsigned char *s = (const unsigned char *)text;
		size_t len = utf8_sequence(s);

		/* ]]> has a meaning in XML wherever it stands, and gnuplot does not know. */
		if (len && utf8_is_text(s, len) &&
		    !(*s == '>' && out - start >= 2 && !memcmp(out - 2, "]]", 2)))
			out = mempcpy(out, text, len);
		else
			*out++ = '?';
		text += len ?: 1;
	}
	*out = '\0';
}

/*
 * All but letters as numbers: between "" much has a meaning, and between '' a doubled ' is not
 * always one. A digit that follows would be taken for another of the number's.
 */
void gnuplot_quote(FILE *script, const char *text)
{
	putc('"', script);
	for (; *text; text++) {
		if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		    *text == ' ')
			putc(*text, script);
		else
			fprintf(script, "\\%03o", (unsigned char)*text);
	}
	putc('"', script);
}
