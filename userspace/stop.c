// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stop.h"

static int stop_fd = -1;
static volatile sig_atomic_t last;

static void request(int sig)
{
	const uint64_t one = 1;
	int saved_errno = errno;
	ssize_t n = write(stop_fd, &one, sizeof(one));

	last = sig;
	(void)n;
	errno = saved_errno;
}

int stop_open(bool once)
{
	struct sigaction action = {
		.sa_handler = request,
		.sa_flags = once ? (int)SA_RESETHAND : 0,
	};

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return -errno;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return stop_fd;
}

int stop_take(void)
{
	uint64_t ignored;
	ssize_t n = read(stop_fd, &ignored, sizeof(ignored));

	(void)n;
	return last;
}

void stop_close(void)
{
	if (stop_fd < 0)
		return;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	close(stop_fd);
	stop_fd = -1;
}
