/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <argp.h>
#include <stdbool.h>

#include "common/complain.h"
#include "common/output.h"

/* What all of the programs have in common. */

/* First of all. */
void program_setup(void);

/*
 * As argp_parse(), with --help and --version; options in their order, so that those behind "--" are
 * a command's. What is wrong ends the program.
 */
void program_parse(const struct argp *argp, int argc, char **argv, void *input);

/* Say how to get help, and end, after a complaint about the command line. */
void __attribute__((noreturn)) program_usage(const struct argp_state *state);

/* On an option: whether its argument is the "--" that begins a command. Then it is said, and ends. */
void program_check(const struct argp_state *state, int key, const char *arg);

/* On ARGP_KEY_ARG: whether the word is behind "--", and then it and those that follow. */
bool program_is_command(const struct argp_state *state);
char *const *program_command(struct argp_state *state);

/* Whether to use colours: "auto" looks for a terminal, and for NO_COLOR. */
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
bool parse_color(const char *when, enum color *color);
bool color_wanted(enum color color, int fd);

/* Let @out go to a file, or where that is NULL to @fd. False: after a complaint. */
bool output_open(struct outbuf *out, const char *file, int fd);

/* Flush and close. Returns @status, or @failed where that failed. */
enum exit_status output_finish(struct outbuf *out, enum exit_status status, enum exit_status failed);

/* The exit status of a failure: one that is not taken for that of @command, if there is one. */
static inline enum exit_status failure(char *const *command)
{
	return command ? STATUS_COMMAND_FAILED : STATUS_FAILED;
}
