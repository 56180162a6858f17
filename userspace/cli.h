/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_CLI_H
#define BRKWATCH_CLI_H

#include <stdbool.h>
#include <sys/types.h>

enum exit_status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
};

struct options {
	const char *proc_dir;
	bool recorded;		/* proc_dir holds saved files, not a live /proc */
	bool json;
	bool bytes;
};

/* One line on stderr, after the program's name. */
void warn_user(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
