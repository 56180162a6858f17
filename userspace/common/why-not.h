/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/brkwatch.h"

/* The module's directory, or what BRKWATCH_PROC names. NULL after a complaint. */
struct brkwatch *open_directory(void);

/* Say why the file of @pid could not be opened or read, and what helps. @problem: of -EPROTO. */
void complain_of_process(const struct brkwatch *bw, pid_t pid, int error, const char *problem);

/* Say why a file of the directory that is of all processes could not be read. */
void complain_of_file(const struct brkwatch *bw, const char *file, int error);

/* Make a brk call. False, after a complaint, where the module's probes do not notice it. */
bool warn_of_probes(const struct brkwatch *bw);
