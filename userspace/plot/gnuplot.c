// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/utf8.h"
#include "plot/gnuplot.h"

#define ABSENT	127	/* as a shell says it */

/* Run it, and wait. Returns its status as of waitpid(2), or -1 with errno. */
static int run(const char *option, int in, int out, int err)
{
	const pid_t pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (!pid) {
		if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
		    dup2(err, STDERR_FILENO) >= 0)
			execlp("gnuplot", "gnuplot", option, NULL);
		_exit(ABSENT);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

bool gnuplot_present(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int status = null < 0 ? -1 : run("--version", null, null, null);

	if (status < 0)
		warn_user("cannot run gnuplot: %s", strerror(errno));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == ABSENT)
		warn_user("gnuplot, which draws the picture, is not installed; "
			  "install it, as with 'apt install gnuplot-nox'");
	else if (status)
		warn_user("gnuplot, which draws the picture, does not work: 'gnuplot --version' fails");
	if (null >= 0)
		close(null);
	return !status;
}

/* Of what it has said, the line with the reason: those before show the place. */
static void complain(int said, int status)
{
	char text[4096], *line, *last = NULL, *rest = text;
	ssize_t n = pread(said, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (line[strspn(line, " \t^")])
			last = line;
	if (last)
		warn_user("gnuplot: %.256s", last + strspn(last, " \t"));
	else if (WIFSIGNALED(status))
		warn_user("gnuplot was ended by signal %d", WTERMSIG(status));
	else
		warn_user("gnuplot failed with status %d", WEXITSTATUS(status));
}

bool gnuplot_run(FILE *script, int fd)
{
	int said = memfd_create("gnuplot", MFD_CLOEXEC);
	int status = -1;

	/* The settings of the user would show in our pictures. */
	if (said >= 0 && !ferror(script) && !fseek(script, 0, SEEK_SET))
		status = run("--default-settings", fileno(script), fd, said);
	if (status < 0)
		warn_user("cannot run gnuplot: %s", strerror(errno));
	else if (status)
		complain(said, status);
	if (said >= 0)
		close(said);
	return !status;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void gnuplot_clean(char *text, size_t width)
{
	text_clean(text);
	while (characters(text) > width)
		text[strlen(text) - 1] = '\0';
	/* It has a meaning in XML wherever it stands, and gnuplot does not know. */
	while ((text = strstr(text, "]]>")))
		text[2] = '?';
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
