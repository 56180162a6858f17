// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/signals.h"

static int stop_fd = -1;
static volatile sig_atomic_t last;
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static size_t taken;		/* of these */

static void request(int sig)
{
	const uint64_t one = 1;
	int saved_errno = errno;
	ssize_t n = write(stop_fd, &one, sizeof(one));

	last = sig;
	(void)n;
	errno = saved_errno;
}

static int open_for(size_t n, bool once)
{
	struct sigaction action = {
		.sa_handler = request,
		.sa_flags = once ? (int)SA_RESETHAND : 0,
	};

	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return -errno;
	for (taken = 0; taken < n; taken++)
		sigaction(signals[taken], &action, NULL);
	return stop_fd;
}

int stop_open(bool once)
{
	return open_for(2, once);
}

int stop_open_screen(void)
{
	return open_for(sizeof(signals) / sizeof(signals[0]), true);
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
	while (taken)
		signal(signals[--taken], SIG_DFL);
	close(stop_fd);
	stop_fd = -1;
}
