// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/signals.h"
#include "libbrkwatch/internal.h"

static const int asking[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static struct sigaction child_before;
static const char *volatile file;
static int stop_fd = -1;
static bool kills_next;
static volatile sig_atomic_t asked, other;

/* A signal that nobody waits for ends us as usual. */
static void take(int sig)
{
	const bool asks = sig != SIGUSR1, kills = asks && (stop_fd < 0 || (kills_next && asked));
	const uint64_t one = 1;
	int saved_errno = errno;
	ssize_t n;

	if (kills) {
		if (file)
			unlink(file);
		signal(sig, SIG_DFL);
		raise(sig);
		return;
	}
	if (asks)
		asked = sig;
	else
		other = sig;
	n = write(stop_fd, &one, sizeof(one));
	(void)n;
	errno = saved_errno;
}

static void handle(int sig)
{
	const struct sigaction action = { .sa_handler = take, .sa_flags = SA_RESTART };
	struct sigaction before;

	if (!sigaction(sig, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(sig, &action, NULL);
}

void signals_setup(void)
{
	const struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(SIGCHLD, &action, &child_before);
	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		handle(asking[i]);
}

void signals_restore(void)
{
	sigaction(SIGCHLD, &child_before, NULL);
}

void signals_ignore(void)
{
	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		signal(asking[i], SIG_IGN);
}

void signals_remove(const char *name)
{
	file = name;
}

int stop_open(bool once)
{
	kills_next = once;
	stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return stop_fd < 0 ? -errno : stop_fd;
}

void stop_also_usr1(void)
{
	handle(SIGUSR1);
}

int stop_take(void)
{
	uint64_t ignored;
	ssize_t n = read(stop_fd, &ignored, sizeof(ignored));

	(void)n;
	return asked ?: other;
}

int stop_wait(uint64_t until_ms, int out_fd)
{
	struct pollfd fds[] = { { .fd = stop_fd, .events = POLLIN }, { .fd = out_fd } };
	int n;

	do {
		const uint64_t now_ms = clock_ms(), left = until_ms > now_ms ? until_ms - now_ms : 0;

		n = poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX);
	} while (n < 0 && errno == EINTR);
	return n <= 0 ? 0 : fds[0].revents ? 1 : -EPIPE;
}

void stop_close(void)
{
	int fd = stop_fd;

	stop_fd = -1;
	if (fd >= 0)
		close(fd);
}
