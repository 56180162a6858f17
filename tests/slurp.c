// SPDX-License-Identifier: GPL-2.0
/*
 * slurp PID FILE - the plainest follower: polls /proc/brkwatch/<pid>, writes
 * the rows of its event table to FILE as they come and, when the address space
 * is gone, the last header to FILE.head. Says "following" when it has polled.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[4 << 20];

/* One snapshot: header and rows; returns where the rows begin. */
static char *snapshot(int fd, size_t *rows)
{
	size_t all = 0;
	ssize_t n;
	char *at;

	while ((n = pread(fd, text + all, sizeof(text) - 1 - all, all)) > 0)
		all += n;
	text[all] = '\0';
	at = strstr(text, "\n\n");
	at = at ? strchr(at + 2, '\n') : NULL;
	if (n < 0 || !at) {
		fprintf(stderr, "slurp: bad text\n");
		exit(1);
	}
	at++;
	*rows = text + all - at;
	return at;
}

int main(int argc, char **argv)
{
	struct pollfd pfd = { .events = POLLIN };
	char name[256], *rows;
	size_t n;
	int out;

	if (argc != 3)
		return 2;
	snprintf(name, sizeof(name), "/proc/brkwatch/%s", argv[1]);
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	for (int i = 0; i < 1000; i++) {
		pfd.fd = open(name, O_RDONLY);
		if (pfd.fd >= 0)
			break;
		usleep(1000);
	}
	if (pfd.fd < 0 || out < 0) {
		perror("slurp");
		return 1;
	}

	poll(&pfd, 1, 0);
	if (write(1, "following\n", 10) < 0)
		return 1;
	do {
		if (poll(&pfd, 1, -1) < 0 && errno != EINTR)
			return 1;
		rows = snapshot(pfd.fd, &n);
		if (write(out, rows, n) != (ssize_t)n)
			return 1;
	} while (!(pfd.revents & POLLHUP));

	rows = snapshot(pfd.fd, &n);
	if (write(out, rows, n) != (ssize_t)n)
		return 1;
	snprintf(name, sizeof(name), "%s.head", argv[2]);
	out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	return write(out, text, rows - text) < 0;
}
