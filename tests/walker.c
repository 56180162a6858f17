// SPDX-License-Identifier: GPL-2.0
/*
 * walker SECONDS WALKERS CHURNERS - many at once at all files of /proc/brkwatch.
 *
 * Walkers, every other one an ordinary user, open what is there in no order,
 * and read, poll, seek, splice and ioctl it in no order either; some descriptors
 * they keep for a while. Churners make processes that come, move their breaks
 * and go. What fails for other reasons than that a process is gone or not one's
 * own to read is a fault.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIR_NAME	"/proc/brkwatch"
#define KEPT		16

struct shared {
	atomic_long opens, ok, refused, gone, bytes, processes, faults;
	atomic_bool stop;
};

static struct shared *shared;
static char buffer[65536];

static void fault(const char *what, const char *name)
{
	dprintf(2, "walker: %s %s: %s\n", what, name, strerror(errno));
	shared->faults++;
}

static void do_something(int fd, const char *name)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLPRI };
	struct iovec iov[] = { { buffer, 1 }, { buffer + 1, 1000 } };
	off_t at = random() % 3 ? random() % 10000 : (off_t)random() << 20;
	int pipes[2], ep;
	ssize_t n = 0;

	switch (random() % 8) {
	case 0:
		n = pread(fd, buffer, sizeof(buffer), 0);
		break;
	case 1:
		n = pread(fd, buffer, random() % 5000 + 1, at);
		break;
	case 2:
		if (lseek(fd, at, SEEK_SET) != at)
			fault("lseek", name);
		n = readv(fd, iov, 2);
		break;
	case 3:
		if (poll(&pfd, 1, random() % 3) < 0)
			fault("poll", name);
		break;
	case 4:
		if (ioctl(fd, random(), buffer) >= 0)
			fault("ioctl", name);
		break;
	case 5:
		if (pipe2(pipes, O_NONBLOCK))
			break;
		lseek(fd, 0, SEEK_SET);
		if (splice(fd, NULL, pipes[1], NULL, 4096, 0) < 0)
			fault("splice", name);
		close(pipes[0]);
		close(pipes[1]);
		break;
	case 6:
		ep = epoll_create1(0);
		pfd.events = epoll_ctl(ep, EPOLL_CTL_ADD, fd,
				       &(struct epoll_event) { EPOLLIN, { 0 } });
		epoll_wait(ep, &(struct epoll_event) { 0 }, 1, 0);
		close(ep);
		break;
	case 7:
		lseek(fd, 0, SEEK_SET);
		while ((n = read(fd, buffer, sizeof(buffer))) > 0)
			shared->bytes += n;
		break;
	}
	if (n < 0)
		fault("read", name);
	else
		shared->bytes += n;
}

static void visit(const char *entry)
{
	static int kept[KEPT];
	char name[300];
	int fd;

	snprintf(name, sizeof(name), DIR_NAME "/%s", entry);
	fd = open(name, O_RDONLY);
	shared->opens++;
	if (fd < 0) {
		if (errno == EACCES)
			shared->refused++;
		else if (errno == ENOENT || errno == ESRCH)
			shared->gone++;
		else
			fault("open", name);
		return;
	}
	shared->ok++;
	for (int n = random() % 4; n >= 0; n--)
		do_something(fd, name);
	if (random() % 4) {
		close(fd);
		return;
	}
	int *keep = &kept[random() % KEPT];

	if (*keep) {
		do_something(*keep, "kept");
		close(*keep);
	}
	*keep = fd;
}

static void walk(int i)
{
	int rootdir = open(DIR_NAME, O_RDONLY | O_DIRECTORY);
	DIR *dir = fdopendir(rootdir);
	struct dirent *entry;

	/* The directory is root's to list; what is in it need not be. */
	if (i & 1) {
		if (setgroups(0, NULL) || setgid(1000) || setuid(1000))
			exit(1);
	}
	while (!shared->stop) {
		rewinddir(dir);
		while (!shared->stop && (entry = readdir(dir))) {
			if (entry->d_name[0] != '.' && random() % 2)
				visit(entry->d_name);
		}
	}
}

/* Some of them root's, most the user's; some short, some a little longer. */
static void churn(void)
{
	while (!shared->stop) {
		pid_t pid = fork();

		if (pid < 0)
			exit(1);
		if (!pid) {
			srandom(getpid());
			if (random() % 4 && (setgid(1000) || setuid(1000)))
				_exit(1);
			for (int n = random() % 50; n; n--) {
				if (sbrk(n & 1 ? 8192 : -8192) == (void *)-1)
					_exit(1);
			}
			usleep(random() % 20000);
			if (random() % 4 == 0)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		shared->processes++;
		if (shared->processes % 16 == 0)
			while (wait(NULL) > 0)
				;
	}
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	struct timespec until, now;
	int n, status, bad = 0;

	if (argc != 4)
		return 2;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	n = atoi(argv[2]) + atoi(argv[3]);
	for (int i = 0; i < n; i++) {
		if (fork())
			continue;
		srandom(i);
		if (i < atoi(argv[2]))
			walk(i);
		else
			churn();
		exit(0);
	}

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += atoi(argv[1]);
	do {
		usleep(20000);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < until.tv_sec);
	shared->stop = true;
	while (wait(&status) > 0)
		bad += status != 0;
	printf("opens %ld ok %ld refused %ld gone %ld bytes %ld processes %ld faults %ld failed %d\n",
	       shared->opens, shared->ok, shared->refused, shared->gone,
	       shared->bytes, shared->processes, shared->faults, bad);
	return bad || shared->faults || !shared->ok || !shared->refused ||
	       !shared->gone;
}
