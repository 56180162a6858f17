// SPDX-License-Identifier: GPL-2.0
/*
 * lastwords FILE COMMAND... - run a command and, when it has finished, write
 * what /proc/brkwatch knows of its calls to FILE, as "request result reason".
 *
 * The address space of the command is there only after exec, which ends a
 * close-on-exec pipe. Its file is opened then, and read after the command has
 * finished. A command that has finished before that is too short for this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Opens of the name of a new process may come too early. */
static int open_record(pid_t pid)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/brkwatch/%d", pid);
	for (int i = 0; i < 1000; i++) {
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 || (errno != ENOENT && errno != ESRCH))
			break;
		usleep(1000);
	}
	return fd;
}

int main(int argc, char **argv)
{
	int told[2], fd, status;
	char line[512], c;
	FILE *in, *out;
	pid_t pid;

	if (argc < 3 || pipe2(told, O_CLOEXEC))
		return 125;
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	close(told[1]);
	/* The pipe ends when exec has closed it: the new address space is in place. */
	if (read(told[0], &c, 1))
		return 125;
	fd = open_record(pid);
	if (fd < 0) {
		perror("lastwords: /proc/brkwatch");
		return 125;
	}
	waitpid(pid, &status, 0);

	in = fdopen(fd, "r");
	out = fopen(argv[1], "w");
	if (!in || !out)
		return 125;
	while (fgets(line, sizeof(line), in)) {
		char event[16], request[32], result[32], reason[32];

		if (sscanf(line, "%*u\t%*u\t%*u\t%*u\t%15s\t%31s\t%*s\t%31s\t%*d\t%*d\t%31s",
			   event, request, result, reason) != 4)
			continue;
		if (!strcmp(event, "end") || !strcmp(event, "fork"))
			continue;
		fprintf(out, "%s %s %s\n", request, result, reason);
	}
	return fclose(out) ? 125 : WEXITSTATUS(status);
}
