// SPDX-License-Identifier: GPL-2.0
/* Whatever can be done with descriptors, while other threads close and pass them. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "fuzz.h"

#define SLOTS		32

static volatile int slots[SLOTS];

static volatile int *slot(void)
{
	return &slots[dice(SLOTS)];
}

/* What was there goes, whoever is using it. */
static void put_fd(int fd)
{
	volatile int *at = slot();

	if (fd < 0)
		return;
	if (*at)
		close(*at);
	*at = fd;
}

/* One that matters, or any. */
static int64_t number(void)
{
	static const int64_t odd[] = { 0, 1, 2, 7, 100, 777, 4095, 4096, 4097, 65536,
				       1LL << 31, 1LL << 40, -1, -4096, INT64_MAX };

	return dice(4) ? PICK(odd) : dice(20000);
}

const char *any_path(void)
{
	static const char *const others[] = { "all", "exited", "stats", "", ".", "1", "self" };
	static _Thread_local char text[64];

	if (dice(3) == 0)
		snprintf(text, sizeof(text), "/proc/brkwatch/%s", PICK(others));
	else
		snprintf(text, sizeof(text), "/proc/brkwatch/%d",
			 dice(2) ? PICK(shared->pids) : getpid());
	return text;
}

void do_open(void)
{
	static const int flags[] = { O_RDONLY, O_RDONLY, O_RDONLY, O_NONBLOCK, O_CLOEXEC, O_PATH,
				     O_RDWR, O_WRONLY | O_TRUNC, O_DIRECT, O_DIRECTORY };
	int fd = open(any_path(), PICK(flags));

	shared->opened += fd >= 0;
	put_fd(fd);
}

void do_close(void)
{
	volatile int *at = slot();

	if (*at)
		close(*at);
	*at = 0;
}

void do_dup(void)
{
	switch (dice(3)) {
	case 0: put_fd(dup(*slot())); break;
	case 1: if (*slot()) dup2(*slot(), *slot() ?: 100); break;
	case 2: put_fd(fcntl(*slot(), F_DUPFD_CLOEXEC, 100)); break;
	}
}

void do_pass(void)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec one = { buffer, 1 };
	struct msghdr message = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int fd = *slot();

	if (dice(2)) {
		control.head = (struct cmsghdr) { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		sendmsg(sockets[0], &message, MSG_DONTWAIT);
	} else if (recvmsg(sockets[1], &message, MSG_DONTWAIT) == 1 && message.msg_controllen) {
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
		put_fd(fd);
	}
}

void do_fcntl(void)
{
	static const int commands[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETOWN,
					F_GETOWN, F_SETSIG, F_SETLEASE, F_GETLEASE, F_NOTIFY,
					F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS };
	int command = PICK(commands);
	struct flock lock = { .l_type = F_RDLCK, .l_len = dice(100) };

	if (command == F_GETLK || command == F_SETLK)
		fcntl(*slot(), command, &lock);
	else if (command == F_SETFL)
		fcntl(*slot(), command, O_NONBLOCK | (dice(2) ? O_ASYNC : 0) | (dice(2) ? O_DIRECT : 0));
	else
		fcntl(*slot(), command, dice(2));
}

void do_ioctl(void)
{
	static const unsigned int requests[] = { FIONREAD, FIOASYNC, FIOCLEX, FIONCLEX, FIOQSIZE, 0x5401 };

	ioctl(*slot(), dice(2) ? PICK(requests) : dice(1U << 31), buffer);
}

/* ---- reading ---- */

void do_read(void)
{
	void *to = dice(20) ? buffer : NULL;
	size_t size = number() & 65535;
	struct iovec parts[] = { { to, 1 }, { buffer, dice(5000) }, { to, size } };

	switch (dice(5)) {
	case 0: read(*slot(), to, size); break;
	case 1: pread(*slot(), to, size, number()); break;
	case 2: readv(*slot(), parts, COUNT(parts)); break;
	case 3: preadv2(*slot(), parts, COUNT(parts), number(), dice(64)); break;
	case 4: lseek(*slot(), number(), dice(6)); break;
	}
}

void do_splice(void)
{
	int pipes[2];
	off_t at = number();

	switch (dice(5)) {
	case 0:
		if (!pipe2(pipes, O_NONBLOCK)) {
			put_fd(pipes[0]);
			put_fd(pipes[1]);
		}
		break;
	case 1: splice(*slot(), dice(2) ? &at : NULL, *slot(), NULL, number() & 65535, SPLICE_F_NONBLOCK); break;
	case 2: sendfile(*slot(), *slot(), dice(2) ? &at : NULL, number() & 65535); break;
	case 3: tee(*slot(), *slot(), number() & 65535, SPLICE_F_NONBLOCK); break;
	case 4: copy_file_range(*slot(), NULL, *slot(), NULL, number() & 65535, 0); break;
	}
}

void do_mmap(void)
{
	void *at = mmap(NULL, PAGE, PROT_READ, dice(2) ? MAP_SHARED : MAP_PRIVATE, *slot(), 0);

	if (at != MAP_FAILED)
		munmap(at, PAGE);
}

/* ---- waiting ---- */

void do_poll(void)
{
	struct pollfd fds[4];

	for (size_t i = 0; i < COUNT(fds); i++)
		fds[i] = (struct pollfd) { .fd = *slot() ?: -1, .events = dice(1 << 14) };
	poll(fds, COUNT(fds), dice(4));
}

void do_epoll(void)
{
	static const int ops[] = { EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL };
	struct epoll_event event = { .events = dice(64) }, got[4];

	if (dice(2))
		event.events |= EPOLLIN;
	if (dice(3) == 0)
		event.events |= EPOLLET;
	if (dice(3) == 0)
		event.events |= EPOLLONESHOT;
	if (dice(3) == 0)
		event.events |= EPOLLEXCLUSIVE;
	switch (dice(4)) {
	case 0: put_fd(epoll_create1(0)); break;
	case 1: epoll_wait(*slot(), got, COUNT(got), dice(4)); break;
	default: epoll_ctl(*slot(), PICK(ops), *slot(), &event); break;
	}
}

void do_aio(void)
{
	/* Whose child has it in vain. */
	static aio_context_t context;
	static struct iocb requests[SLOTS];
	struct iocb *one = &PICK(requests);
	struct io_event got[4];
	aio_context_t mine = context;

	switch (dice(4)) {
	case 0:
		if (!mine && !syscall(SYS_io_setup, SLOTS, &mine))
			context = mine;
		break;
	case 1:
		*one = (struct iocb) {
			.aio_fildes = *slot(), .aio_buf = dice(2) ? POLLIN : (uintptr_t)buffer,
			.aio_lio_opcode = dice(4) ? IOCB_CMD_POLL : IOCB_CMD_PREAD,
			.aio_nbytes = dice(3) * 1000, .aio_offset = dice(3) * 100,
		};
		syscall(SYS_io_submit, mine, 1, &one);
		break;
	case 2: syscall(SYS_io_getevents, mine, 0, COUNT(got), got, &(struct timespec) { 0, 1000 }); break;
	case 3:
		if (dice(8) == 0) {
			context = 0;
			syscall(SYS_io_destroy, mine);
		}
		break;
	}
}
