// SPDX-License-Identifier: GPL-2.0
/*
 * failnth load MODULE [PARAMETERS]	load and unload a module
 * failnth read FILE			open, poll, read and close a file
 *
 * again and again, with the first allocation that this takes failing, then the
 * second, and so on until there is none left to fail. Each time it must work, or
 * end with ENOMEM and leave nothing behind; a file may also say ESRCH, since
 * procfs, asked who may look, says ENOENT when it has no memory for an inode.
 * Prints "failures N refused N".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST	5000

static int file = -1;

static int fail(const char *what, int n)
{
	fprintf(stderr, "failnth: failing allocation %d: %s: %s\n", n, what, strerror(errno));
	exit(1);
}

static int load(const char *parameters)
{
	return syscall(SYS_finit_module, file, parameters, 0);
}

static void unload(int n)
{
	if (syscall(SYS_delete_module, "brkwatch", O_NONBLOCK))
		fail("delete_module", n);
}

static int read_all(const char *name)
{
	struct pollfd poller = { .events = POLLIN };
	static char text[65536];
	ssize_t len;
	int err = 0;

	poller.fd = open(name, O_RDONLY | O_CLOEXEC);
	if (poller.fd < 0)
		return -1;
	/* No memory for a long history is no reason to fail. */
	if (poll(&poller, 1, 0) < 0)
		err = errno;
	while (!err && (len = read(poller.fd, text, sizeof(text))))
		if (len < 0)
			err = errno;
	close(poller.fd);
	errno = err;
	return err ? -1 : 0;
}

/* The n-th allocation of this thread from now on fails; 0 for none. */
static void set_failing(int control, int n)
{
	if (dprintf(control, "%d", n) < 0)
		fail("fail-nth", n);
}

/* How many are still to come until one fails: 0 if one has. */
static int still_failing(int control)
{
	char text[16] = "";

	if (pread(control, text, sizeof(text) - 1, 0) < 1)
		fail("reading fail-nth", 0);
	return atoi(text);
}

int main(int argc, char **argv)
{
	int is_load = argc > 2 && !strcmp(argv[1], "load"), refused = 0, n, err, left, control;

	if (argc < 3)
		return 2;
	control = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (control < 0)
		fail("fail-nth", 0);
	if (is_load) {
		file = open(argv[2], O_RDONLY | O_CLOEXEC);
		if (file < 0)
			fail(argv[2], 0);
	}

	for (n = 1; n < MOST; n++) {
		set_failing(control, n);
		err = is_load ? load(argc > 3 ? argv[3] : "") : read_all(argv[2]);
		err = err ? errno : 0;
		left = still_failing(control);
		set_failing(control, 0);
		errno = err;
		if (err && err != ENOMEM && !(err == ESRCH && !is_load))
			fail(argv[1], n);
		refused += err != 0;
		if (is_load && !err)
			unload(n);
		if (is_load && !access("/proc/brkwatch", F_OK))
			fail("/proc/brkwatch is still there", n);
		if (left)
			break;
	}
	printf("failures %d refused %d\n", n - 1, refused);
	return n == MOST;
}
