// SPDX-License-Identifier: GPL-2.0
#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/debug-files.h"
#include "symbols/symbols.h"

#define MANGLED_MAX	1024
#define REFERENCES_MAX	24

struct names {
	struct paths *paths;
	uint32_t *frames;
	size_t n;
	char location[SYMBOL_LOCATION_MAX];	/* of the next one outwards */
};

static void set_location(struct names *names, const char *file, int line)
{
	const char *base = file ? strrchr(file, '/') : NULL;

	*names->location = '\0';
	if (file)
		snprintf(names->location, SYMBOL_LOCATION_MAX, "%s:%d", base ? base + 1 : file, line);
}

static void add_name(struct names *names, const char *function)
{
	names->frames[names->n++] = paths_frame(names->paths, function, names->location);
}

/* Where the function was called that is inlined. */
static void take_call_site(struct names *names, Dwarf_Die *cu, Dwarf_Die *inlined)
{
	Dwarf_Word file = 0, line = 0;
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	size_t n;

	dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file);
	dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line);
	set_location(names, dwarf_getsrcfiles(cu, &files, &n) ? NULL :
			    dwarf_filesrc(files, file, NULL, NULL), (int)line);
}

/* Functions that are inlined there; the one that they are in is left. */
static void add_inlined(struct names *names, Dwfl_Module *mod, uint64_t pc)
{
	Dwarf_Addr bias;
	Dwarf_Die *cu = dwfl_module_addrdie(mod, pc, &bias), *scopes = NULL, *nested;
	int n = cu ? dwarf_getscopes(cu, pc - bias, &scopes) : 0;
	Dwarf_Die innermost;

	/* The scopes that were asked for end at a function that is inlined: its own are behind it. */
	if (n > 0) {
		innermost = scopes[0];
		n = dwarf_getscopes_die(&innermost, &nested);
		free(scopes);
		scopes = n > 0 ? nested : NULL;
	}
	for (int i = 0; i < n && names->n < SYMBOL_FRAMES_MAX - 1; i++) {
		const char *function;

		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			break;
		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		function = dwarf_diename(&scopes[i]);
		add_name(names, function ? function : "[inlined]");
		take_call_site(names, cu, &scopes[i]);
	}
	free(scopes);
}

/* By what unwinding needs to know of it, there is always an end to a function. */
static bool find_start(Dwfl_Module *mod, uint64_t pc, uint64_t *start)
{
	Dwarf_Addr bias, end;
	Dwarf_CFI *cfi = dwfl_module_eh_cfi(mod, &bias);
	Dwarf_Frame *frame;
	bool found = cfi && !dwarf_cfi_addrframe(cfi, pc - bias, &frame);

	if (!found)
		return false;
	found = dwarf_frame_info(frame, start, &end, NULL) >= 0;
	free(frame);
	*start += bias;
	return found;
}

/* A function without a name: "libfoo.so+0x120", where it begins, and how far it got. */
static void name_unknown(struct names *names, char *name, Dwfl_Module *mod, uint64_t pc)
{
	uint64_t begin = pc;
	Dwarf_Addr start, bias = 0;
	const char *file;

	dwfl_module_info(mod, NULL, &start, NULL, NULL, NULL, &file, NULL);
	if (!dwfl_module_getelf(mod, &bias))
		bias = start;
	if (find_start(mod, pc, &begin))
		snprintf(names->location, SYMBOL_LOCATION_MAX, "+%#" PRIx64, pc - begin);
	file = file ? file : dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	snprintf(name, SYMBOL_NAME_MAX, "%s+%#" PRIx64, strrchr(file, '/') ? strrchr(file, '/') + 1 : file,
		 begin - bias);
}

/* Of an address that no unit has it would be the last line of another one. */
static Dwfl_Line *line_of(Dwfl_Module *mod, uint64_t pc)
{
	Dwarf_Addr bias;
	Dwarf_Die *cu = objfile_debuginfo_whole(mod) ? dwfl_module_addrdie(mod, pc, &bias) : NULL;

	return cu && dwarf_haspc(cu, pc - bias) > 0 ? dwfl_module_getsrc(mod, pc) : NULL;
}

typedef char *demangle_fn(const char *name, char *buffer, size_t *size, int *status);

/* C++'s library has it; where there is none, names stay as the linker knows them. */
static demangle_fn *find_demangle(void)
{
	static demangle_fn *demangle;
	static bool tried;
	void *library;

	if (tried)
		return demangle;
	tried = true;
	library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
	if (library)
		demangle = (demangle_fn *)dlsym(library, "__cxa_demangle");
	return demangle;
}

/*
 * A name that refers to parts of itself (S_, S0_, T_) can stand for one of any size: each part may
 * name the one before it three times. So many make it some thousand times longer, and hardly any
 * program has a name with more.
 */
static bool can_be_demangled(const char *name)
{
	size_t references = 0;

	if (strlen(name) > MANGLED_MAX)
		return false;
	while ((name = strpbrk(name, "ST"))) {
		name++;
		name += strspn(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		references += *name == '_';
	}
	return references <= REFERENCES_MAX;
}

static bool copy_name(char *copy, const char *function)
{
	char *plain = NULL;

	if (!function || !*function)
		return false;
	if (!strncmp(function, "_Z", 2) && can_be_demangled(function) && find_demangle())
		plain = find_demangle()(function, NULL, NULL, &(int){ 0 });
	/* Not of which version it is: "pthread_create@GLIBC_2.2.5". */
	if (plain)
		snprintf(copy, SYMBOL_NAME_MAX, "%s", plain);
	else
		snprintf(copy, SYMBOL_NAME_MAX, "%.*s", (int)strcspn(function, "@"), function);
	free(plain);
	return *copy;
}

size_t symbol_frames(Dwfl *dwfl, struct paths *paths, uint64_t pc, uint32_t *frames)
{
	struct names names = { .paths = paths, .frames = frames };
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, pc);
	char function[SYMBOL_NAME_MAX];
	const char *file;
	Dwfl_Line *line;
	int number = 0;

	if (!mod) {
		add_name(&names, "[unknown]");
		return names.n;
	}
	line = line_of(mod, pc);
	file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	set_location(&names, file, number);
	if (line)
		add_inlined(&names, mod, pc);
	if (!copy_name(function, dwfl_module_addrname(mod, pc)))
		name_unknown(&names, function, mod, pc);
	add_name(&names, function);
	return names.n;
}

size_t symbol_data(Dwfl *dwfl, struct paths *paths, uint64_t address, uint32_t *frame)
{
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, address);
	char name[SYMBOL_NAME_MAX], location[SYMBOL_LOCATION_MAX] = "";
	GElf_Off offset = 0;
	GElf_Sym sym = { 0 };
	const char *found = mod ? dwfl_module_addrinfo(mod, address, &offset, &sym, NULL, NULL, NULL) : NULL;

	/* It may be the next one below, which ends before. */
	if (!found || offset >= sym.st_size || !copy_name(name, found))
		return 0;
	if (offset)
		snprintf(location, sizeof(location), "+%#" PRIx64, offset);
	*frame = paths_frame(paths, name, location);
	return 1;
}
