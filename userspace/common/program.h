/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <argp.h>
#include <stdbool.h>

#include "common/complain.h"
#include "common/output.h"

/* What all programs have in common. */

/* Call this first. */
void program_setup(void);

/*
 * Like argp_parse(), with --help and --version. Options are parsed in order, so that those after "--"
 * belong to the command. An error ends the program.
 */
void program_parse(const struct argp *argp, int argc, char **argv, void *input);

/* After a complaint about the command line: say how to get help, and exit. */
error_t __attribute__((noreturn)) program_usage(const struct argp_state *state);

/* For an option: if its argument is the "--" that begins a command, complain and exit. */
void program_check(const struct argp_state *state, int key, const char *arg);

/* For ARGP_KEY_ARG: whether the word comes after "--"; and then this word and those that follow. */
bool program_is_command(const struct argp_state *state);
char *const *program_command(struct argp_state *state);

/* Whether to use colours; "auto" depends on the terminal and on NO_COLOR. */
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
bool parse_color(const char *when, enum color *color);
bool color_wanted(enum color color, int fd);

/* Write @out to a file, or to @fd if that is NULL. False: after a complaint. */
bool output_open(struct outbuf *out, const char *file, int fd);

/* Flush and close. Returns @status, or @failed if that fails. */
enum exit_status output_finish(struct outbuf *out, enum exit_status status, enum exit_status failed);

/* The exit status of a failure; with a @command, one that differs from the usual ones of commands. */
static inline enum exit_status failure(char *const *command)
{
	return command ? STATUS_COMMAND_FAILED : STATUS_FAILED;
}
