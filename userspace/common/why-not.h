/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "libbrkwatch/brkwatch.h"

/* The module's directory, or the one that BRKWATCH_PROC names. NULL after a complaint. */
struct brkwatch *open_directory(void);

/* The same without a complaint, for who can do without it. */
struct brkwatch *find_directory(void);

/* Say why the file of @pid could not be opened or read, and what helps. @problem explains -EPROTO. */
void complain_of_process(const struct brkwatch *bw, pid_t pid, int error, const char *problem);

/* Say why there is no address space by this number; false: there is one. */
bool complain_of_task(pid_t pid);

/* Say why a file of the directory that covers all processes could not be read. */
void complain_of_file(const struct brkwatch *bw, const char *file, int error);

/* Say why we may not do what needs the right to trace @pid, or what else went wrong. */
void complain_of_attach(pid_t pid, const char *what, int error);
void complain_of_stop(pid_t pid, int error);

/* Say why @what cannot be followed, or not any further. */
void complain_of_following(const char *what, int error);

/* Make a brk call. False, after a complaint, if the module does not record it. */
bool warn_of_probes(const struct brkwatch *bw);
