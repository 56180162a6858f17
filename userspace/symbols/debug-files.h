/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

/*
 * The files of programs and their debug information. Their names come from the program that is
 * followed, so we open only regular files, and check that a file found by name is the right one.
 */

/* Call once before opening any: it makes sure that no such file can end this program. */
void objfile_setup(void);

/*
 * A small file may claim to be a large compressed one. Between these two calls, memory is limited to
 * what debug information may need; files that need more have no names.
 */
void objfile_limit_memory(struct rlimit *before);
void objfile_unlimit_memory(const struct rlimit *before);

bool objfile_has_build_id(int fd, const void *id, size_t len);

/* Where in a file for programs like this one the code of a function begins, by its dynamic symbols; 0: nowhere. */
uint64_t objfile_function(int fd, const char *name);

/* For Dwfl_Callbacks: like dwfl_standard_find_debuginfo(), but only by build IDs. */
int objfile_find_debuginfo(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **found);

/*
 * Whether a module has complete debug information. libdw would search for a missing part itself, by the
 * name that the file gives.
 */
bool objfile_debuginfo_whole(Dwfl_Module *mod);
