// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/by-pid.h"
#include "common/complain.h"
#include "common/open-regular.h"
#include "common/perf-ring.h"
#include "common/signals.h"
#include "symbols/debug-files.h"
#include "symbols/parser.h"
#include "symbols/registers.h"
#include "symbols/symbols.h"
#include "symbols/unwind.h"

/* The kernel's, for what has no user. */
#define NOBODY 65534

/* In how long a function should be found; it takes milliseconds. */
#define FUNCTION_SECONDS 30

struct parser {
	pid_t process;
	int requests;
	FILE *answers;		/* lines up to an empty one; NULL: there will be no more */
};

struct request {
	enum { MAP, FORGET, FRAMES, DATA, FUNCTION } what;
	pid_t pid;
	uint64_t address;
	bool certain;
	struct perf_map map;		/* its path follows the request, or a function's name, */
	struct perf_sample sample;	/* as do its registers and its stack */
};

/* ---- the process ---- */

/* Who has called sudo(8). */
static unsigned int invoker(const char *variable)
{
	const char *value = getenv(variable);
	unsigned long id = value ? strtoul(value, NULL, 10) : 0;

	return id && id < NOBODY ? (unsigned int)id : NOBODY;
}

static bool drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	gid_t gid = invoker("SUDO_GID");
	uid_t uid = invoker("SUDO_UID");

	if (!geteuid() &&
	    (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)))
		return false;
	return !syscall(SYS_capset, &header, none) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* What is known of the files that a process has mapped. */
struct known {
	struct pid_entry entry;
	struct unwinder *unwinder;
};

static void forget(struct pid_table *processes, pid_t pid)
{
	struct known *known = pid_find(processes, (uint64_t)pid);

	if (!known)
		return;
	unwinder_free(known->unwinder);
	pid_drop(processes, known);
}

static struct unwinder *unwinder_of(struct pid_table *processes, struct paths *names, pid_t pid)
{
	struct known *known = pid_get(processes, (uint64_t)pid, sizeof(*known));

	if (!known->unwinder)
		known->unwinder = unwinder_new(pid, names);
	return known->unwinder;
}

static void put_frames(FILE *answers, const struct paths *names, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(answers, "%s\t%s\n", names->frames[frames[i]]->function,
			names->frames[frames[i]]->location);
}

/* Returns the size, 0 at the end. */
static size_t receive(int requests, void *data, size_t size, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(*fd))];
	} control;
	struct iovec iov = { data, size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	ssize_t len = recvmsg(requests, &msg, MSG_CMSG_CLOEXEC);

	header = len > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	*fd = -1;
	if (header)
		memcpy(fd, CMSG_DATA(header), sizeof(*fd));
	return len > 0 ? (size_t)len : 0;
}

static void serve(int requests, FILE *answers)
{
	static struct {
		struct request request;
		unsigned char more[REGS_MAX * sizeof(uint64_t) + RING_RECORD_MAX];
	} message;
	static struct pid_table processes;
	struct request *request = &message.request;
	uint32_t frames[PATHS_FRAMES_MAX];
	struct unwinder *unwinder;
	struct paths names;
	int fd;

	if (paths_init(&names))
		return;
	while (receive(requests, &message, sizeof(message), &fd)) {
		if (request->what == FORGET) {
			forget(&processes, request->pid);
			continue;
		}
		unwinder = request->what == FUNCTION ? NULL : unwinder_of(&processes, &names, request->pid);
		if (request->what == FUNCTION) {
			/* The file may have symbols without end, or nobody who gives us its pages. */
			alarm(FUNCTION_SECONDS);
			fprintf(answers, "%" PRIu64 "\n", objfile_function(fd, (const char *)message.more));
			alarm(0);
			close(fd);
		} else if (request->what == MAP) {
			request->map.path = (const char *)message.more;
			fd = fd < 0 ? open_regular("%s", request->map.path) : fd;
			if (unwinder && fd >= 0 &&
			    unwinder_map(unwinder, &request->map, request->certain, fd))
				fputs("mapped\n", answers);
			else if (fd >= 0)
				close(fd);
		} else if (unwinder && request->what == DATA) {
			put_frames(answers, &names, frames, unwinder_data(unwinder, request->address, frames));
		} else if (unwinder) {
			request->sample.regs = (const uint64_t *)message.more;
			request->sample.stack = message.more + regs_size();
			put_frames(answers, &names, frames,
				   unwinder_frames(unwinder, &request->sample, frames, PATHS_FRAMES_MAX));
		}
		fputc('\n', answers);
		fflush(answers);
	}
}

/* It holds nothing open that somebody could wait for the end of, and ends when the other has. */
static void __attribute__((noreturn)) run(int requests, int answers)
{
	FILE *file;

	signals_ignore();
	prctl(PR_SET_NAME, "brkwatch-parser");
	dup2(requests, 0);
	dup2(answers, 1);
	close_range(3, ~0u, 0);
	file = fdopen(1, "w");
	if (!drop_privileges())
		warn_user("cannot give up root's rights for reading programs: %s; this needs CAP_SETUID and CAP_SETGID", strerror(errno));
	else if (file && fputc('\n', file) != EOF && !fflush(file)) {
		objfile_setup();
		serve(0, file);
	}
	_exit(0);
}

/* ---- who asks it ---- */

static void close_ends(struct parser *parser)
{
	if (parser->answers)
		fclose(parser->answers);
	if (parser->requests >= 0)
		close(parser->requests);
	parser->answers = NULL;
	parser->requests = -1;
}

bool parser_works(const struct parser *parser)
{
	return parser->answers;
}

/* The next line of an answer. False: that was all. */
static bool next_line(struct parser *parser, char *line, int size)
{
	size_t len;

	if (!parser->answers)
		return false;
	len = fgets(line, size, parser->answers) ? strlen(line) : 0;
	if (!len || line[len - 1] != '\n') {
		close_ends(parser);
		return false;
	}
	line[len - 1] = '\0';
	return *line;
}

struct parser *parser_start(void)
{
	int requests[2] = { -1, -1 }, answers[2] = { -1, -1 };
	struct parser *parser = needed(malloc(sizeof(*parser)));
	char line[2];

	*parser = (struct parser){ .process = -1 };
	if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) &&
	    !pipe2(answers, O_CLOEXEC))
		parser->process = fork();
	if (!parser->process)
		run(requests[1], answers[1]);
	parser->requests = requests[0];
	parser->answers = parser->process < 0 ? NULL : fdopen(answers[0], "r");
	if (!parser->answers)
		warn_user("cannot start another process: %s", strerror(errno));
	close(requests[1]);
	close(answers[1]);
	/* It says so when it has nothing left that it should not have, or why it has. */
	if (parser->answers && fgets(line, sizeof(line), parser->answers))
		return parser;
	parser_stop(parser);
	return NULL;
}

void parser_stop(struct parser *parser)
{
	if (!parser)
		return;
	close_ends(parser);
	if (parser->process > 0)
		while (waitpid(parser->process, NULL, 0) < 0 && errno == EINTR)
			;
	free(parser);
}

static void ask(struct parser *parser, const struct request *request, const void *data, size_t len,
		const void *stack, int fd)
{
	struct iovec iov[] = {
		{ (void *)request, sizeof(*request) }, { (void *)data, len },
		{ (void *)stack, request->sample.stack_size },
	};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(fd))];
	} control = {
		.header = {
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(fd)),
		},
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	if (parser->answers && sendmsg(parser->requests, &msg, MSG_NOSIGNAL) < 0)
		close_ends(parser);
}

bool parser_map(struct parser *parser, pid_t pid, const struct perf_map *map, bool certain, int fd)
{
	const struct request request = { .what = MAP, .pid = pid, .certain = certain, .map = *map };
	bool mapped = false;
	char line[16];

	ask(parser, &request, map->path, strlen(map->path) + 1, NULL, fd);
	if (fd >= 0)
		close(fd);
	while (next_line(parser, line, sizeof(line)))
		mapped = true;
	return mapped;
}

void parser_forget(struct parser *parser, pid_t pid)
{
	const struct request request = { .what = FORGET, .pid = pid };

	ask(parser, &request, NULL, 0, NULL, -1);
}

static size_t take_frames(struct parser *parser, struct paths *paths, uint32_t *frames, size_t max)
{
	char line[SYMBOL_TEXT_MAX], *location;
	size_t n = 0;

	while (next_line(parser, line, sizeof(line))) {
		location = strchr(line, '\t');
		if (n == max || !location)
			continue;
		*location++ = '\0';
		frames[n++] = paths_frame(paths, line, location);
	}
	return n;
}

size_t parser_frames(struct parser *parser, const struct perf_sample *sample, struct paths *paths,
		     uint32_t *frames, size_t max)
{
	const struct request request = { .what = FRAMES, .pid = sample->pid, .sample = *sample };

	if (!sample->regs || !regs_map(sample->abi))
		return 0;
	ask(parser, &request, sample->regs, regs_size(), sample->stack, -1);
	return take_frames(parser, paths, frames, max);
}

size_t parser_data(struct parser *parser, pid_t pid, uint64_t address, struct paths *paths, uint32_t *frame)
{
	const struct request request = { .what = DATA, .pid = pid, .address = address };

	ask(parser, &request, NULL, 0, NULL, -1);
	return take_frames(parser, paths, frame, 1);
}

uint64_t parser_function(struct parser *parser, int fd, const char *name)
{
	const struct request request = { .what = FUNCTION };
	uint64_t offset = 0;
	char line[32];

	ask(parser, &request, name, strlen(name) + 1, NULL, fd);
	while (next_line(parser, line, sizeof(line)))
		offset = strtoull(line, NULL, 10);
	return offset;
}
