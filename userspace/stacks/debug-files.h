/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <sys/resource.h>

/*
 * The files that programs and their debug information are in. The names come from the program
 * that is followed: only ordinary files are opened, and what is found by a name has to be what was
 * meant.
 */

/* Once, before any of them is opened: that none of what they do ends this program. */
void objfile_setup(void);

/*
 * A small file may claim to be a large one that was compressed. Between these two as much memory
 * is to be had as debug information may need, no more; what needs more is without names.
 */
void objfile_limit_memory(struct rlimit *before);
void objfile_unlimit_memory(const struct rlimit *before);

bool objfile_has_build_id(int fd, const void *id, size_t len);

/* For Dwfl_Callbacks: as dwfl_standard_find_debuginfo(), but only by build IDs. */
int objfile_find_debuginfo(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **found);

/*
 * Whether a module has debug information, with all that belongs to it: what is missing libdw would
 * look for itself when it is needed, by the name that the file gives.
 */
bool objfile_debuginfo_whole(Dwfl_Module *mod);
