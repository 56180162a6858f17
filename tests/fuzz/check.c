// SPDX-License-Identifier: GPL-2.0
/* What has to be so, whatever the others do. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void fault(const char *what, const char *about)
{
	if (!shared->faults++)
		dprintf(2, "fuzzproc: %s: %.200s (%s)\n", what, about, strerror(errno));
}

/* A header with its sums, and a chain of events without gaps. */
static void check_text(const char *text)
{
	static const char *const parts[] = { "\nQueries:\t", "\nGrows:\t", "\nShrinks:\t", "\nMoves:\t",
					     "\nSame:\t", "\nRefused:\t" };
	const char *at = strstr(text, "\nCalls:\t");
	unsigned long sum = 0, seq, last = 0, old, new, brk = 0;

	if (strncmp(text, "Format:\t1\n", 10) || !at)
		return fault("no header", text);
	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *part = strstr(text, parts[i]);

		sum += part ? strtoul(part + strlen(parts[i]), NULL, 10) : 0;
	}
	if (strtoul(at + 8, NULL, 10) != sum)
		return fault("calls are not their sum", at);
	at = strstr(text, "\nseq\t");
	if (!at)
		return fault("no table", text);
	for (at = strchr(at + 1, '\n'); at && strchr(at + 1, '\n'); at = strchr(at + 1, '\n')) {
		if (sscanf(at, "%lu\t%*s\t%*s\t%*s\t%*s\t%*s\t%lx\t%lx", &seq, &old, &new) != 3 ||
		    (last && (seq != last + 1 || old != brk)))
			return fault("a row", at);
		last = seq;
		brk = new;
	}
}

/* Of a child, which has no other thread that closes what is not its own. */
void do_check(void)
{
	const char *name = any_path();
	size_t used = 0;
	ssize_t n;
	int fd;

	if (!depth)
		return;
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		if (errno != EACCES && errno != ENOENT && errno != ESRCH && errno != EINTR && errno != EMFILE)
			fault("open", name);
		return;
	}
	while ((n = read(fd, buffer + used, sizeof(buffer) - 1 - used)) > 0)
		used += n;
	buffer[used] = '\0';
	close(fd);
	if (n < 0 && errno != EISDIR && errno != EINTR)
		fault("read", name);
	if (n >= 0 && name[15] >= '0' && name[15] <= '9') {
		shared->checked++;
		check_text(buffer);
	}
}
