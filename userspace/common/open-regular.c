// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/open-regular.h"

int open_regular(const char *fmt, ...)
{
	char path[4200], again[32];
	int fd, len, regular = -1;
	struct stat st;
	va_list ap;

	va_start(ap, fmt);
	len = vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	fd = len < (int)sizeof(path) ? open(path, O_PATH | O_CLOEXEC) : -1;
	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", fd);
		regular = open(again, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	close(fd);
	return regular;
}
