/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>

#include "common/complain.h"
#include "common/output.h"

/* What all programs have in common. */

/* Gets an option, such as "--name", and its argument or NULL; or an argument alone. False: after a complaint. */
typedef bool take_option(const char *name, const char *arg, void *to);

struct program_option {
	const char *name;	/* NULL: it has a letter only; without that it is a title */
	char letter;
	const char *arg;	/* as the help calls it; NULL: there is none */
	const char *help;	/* NULL: no more options */
	take_option *take;
	void *to;
};

/* A program's command line. */
struct program {
	const struct program_option *options;
	const char *usage;	/* what follows the options, a line for each way */
	const char *purpose;
	take_option *argument;	/* for each that is no option */
	void *to;
	char *const **command;	/* what follows "--"; NULL: there is no command */
	bool (*check)(void);	/* whether all fits together; false: after a complaint. Or NULL */
	char *(*more_help)(void);	/* to be freed; or NULL */
};

/* Call this first. --help, --version and errors end the program. */
void program_start(const struct program *program, int argc, char **argv);

/* Whether to use colours; "auto" depends on the terminal and on NO_COLOR. */
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
take_option take_color;
bool color_wanted(enum color color, int fd);

/* Write @out to a file, or to @fd if that is NULL. False: after a complaint. */
bool output_open(struct outbuf *out, const char *file, int fd);

/* Whether a file to be written, or NULL, is not the one that --input reads from @in. False: after a complaint. */
bool output_is_another(const char *file, int in);

/* Flush and close. Returns @status, or @failed if that fails. */
enum exit_status output_finish(struct outbuf *out, enum exit_status status, enum exit_status failed);

/* As many descriptors as are allowed. A command inherits the limit, so start it before. */
void raise_file_limit(void);

/* The exit status of a failure; with a @command, one that differs from the usual ones of commands. */
static inline enum exit_status failure(char *const *command)
{
	return command ? STATUS_COMMAND_FAILED : STATUS_FAILED;
}
