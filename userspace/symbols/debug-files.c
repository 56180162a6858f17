// SPDX-License-Identifier: GPL-2.0
#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/open-regular.h"
#include "symbols/debug-files.h"
#include "symbols/perf-records.h"

#define DEBUG_DIR	"/usr/lib/debug"

/* Of what is read for one stack, in bytes; and never more than half of the machine's memory. */
#define UNPACKED_MAX	(1ULL << 30)

struct build_id {
	const void *bytes;
	size_t len;
};

/*
 * libelf maps a file, and whoever may write to it can make it shorter at any moment: what was
 * there is zeros from then on, which the libraries survive as they do other nonsense.
 */
static void replace_page(int sig, siginfo_t *info, void *context)
{
	uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *page = (void *)((uintptr_t)info->si_addr & -size);

	(void)context;
	/* The access is made again; where it was something else, it is the program's end. */
	if (info->si_code != BUS_ADRERR ||
	    mmap(page, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(sig, SIG_DFL);
}

void objfile_setup(void)
{
	const struct sigaction action = { .sa_sigaction = replace_page, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &action, NULL);
	/* Else libdwfl asks servers for what is not at hand. */
	unsetenv("DEBUGINFOD_URLS");
}

/* ---- memory ---- */

void objfile_limit_memory(struct rlimit *before)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t half = (uint64_t)sysconf(_SC_PHYS_PAGES) * page / 2;
	unsigned long resident = 0, shared = 0, data = 0;
	FILE *statm = fopen("/proc/self/statm", "re");
	struct rlimit limit;
	uint64_t own, room;

	getrlimit(RLIMIT_DATA, before);
	if (!statm)
		return;
	if (fscanf(statm, "%*u %lu %lu %*u %*u %lu", &resident, &shared, &data) == 3) {
		own = (resident - shared) * page;
		room = own < half ? half - own : 0;
		limit = *before;
		limit.rlim_cur = data * page + (room < UNPACKED_MAX ? room : UNPACKED_MAX);
		if (limit.rlim_cur < before->rlim_cur)
			setrlimit(RLIMIT_DATA, &limit);
	}
	fclose(statm);
}

void objfile_unlimit_memory(const struct rlimit *before)
{
	setrlimit(RLIMIT_DATA, before);
}

/* ---- functions ---- */

static uint64_t offset_of(Elf *elf, uint64_t address)
{
	GElf_Phdr header;
	size_t n;

	if (elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD && header.p_vaddr <= address &&
		    address - header.p_vaddr < header.p_filesz)
			return address - header.p_vaddr + header.p_offset;
	return 0;
}

static uint64_t find_function(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int k = 0; data && gelf_getsym(data, k, &symbol); k++) {
		const char *its = elf_strptr(elf, header->sh_link, symbol.st_name);

		if (symbol.st_shndx != SHN_UNDEF && GELF_ST_TYPE(symbol.st_info) == STT_FUNC && its && !strcmp(its, name))
			return offset_of(elf, symbol.st_value);
	}
	return 0;
}

uint64_t objfile_function(int fd, const char *name)
{
	const int ours = sizeof(size_t) == 8 ? ELFCLASS64 : ELFCLASS32;
	struct rlimit before;
	Elf_Scn *section = NULL;
	uint64_t offset = 0;
	GElf_Shdr header;
	Elf *elf;

	objfile_limit_memory(&before);
	elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	while (gelf_getclass(elf) == ours && !offset && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
			offset = find_function(elf, section, &header, name);
	elf_end(elf);
	objfile_unlimit_memory(&before);
	return offset;
}

/* ---- debug information ---- */

bool objfile_has_build_id(int fd, const void *id, size_t len)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	const void *bytes;
	bool same = elf && dwelf_elf_gnu_build_id(elf, &bytes) == (ssize_t)len &&
		    !memcmp(bytes, id, len);

	elf_end(elf);
	return same;
}

/* The file, if it has that build ID; or -1. */
static int with_build_id(const struct build_id *id, int fd)
{
	if (fd < 0 || objfile_has_build_id(fd, id->bytes, id->len))
		return fd;
	close(fd);
	return -1;
}

static int find_by_id(const struct build_id *id)
{
	const unsigned char *bytes = id->bytes;
	char name[2 * PERF_BUILD_ID_MAX + 1] = "";

	if (id->len < 2 || id->len > PERF_BUILD_ID_MAX)
		return -1;
	for (size_t i = 0; i < id->len; i++)
		snprintf(name + 2 * i, 3, "%02x", bytes[i]);
	return with_build_id(id, open_regular(DEBUG_DIR "/.build-id/%.2s/%s.debug", name, name + 2));
}

/* What dwz(1) has found in several files: Debian has it in a directory of its own. */
static int find_alternate(Dwfl_Module *mod, void **missing)
{
	struct build_id id = { 0 };
	const char *name, *shared;
	Dwarf_Addr bias;
	Dwarf *dwarf;
	ssize_t len;
	int fd;

	/* Debug information is there already; where it is not, as with a checksum of 0, it asks again. */
	if (*missing)
		return -1;
	*missing = mod;
	dwarf = dwfl_module_getdwarf(mod, &bias);
	len = dwarf ? dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id.bytes) : 0;
	if (len <= 0)
		return -1;
	id.len = (size_t)len;
	fd = find_by_id(&id);
	shared = fd < 0 ? strstr(name, "/.dwz/") : NULL;
	if (shared && !strstr(shared, "/../"))
		fd = with_build_id(&id, open_regular(DEBUG_DIR "%s", shared));
	if (fd >= 0)
		*missing = NULL;
	return fd;
}

int objfile_find_debuginfo(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
			   const char *file, const char *link, GElf_Word crc, char **found)
{
	const char *name = file ? strrchr(file, '/') : NULL;
	const unsigned char *bytes = NULL;
	struct build_id id;
	GElf_Addr address;
	int len, fd, dir;

	(void)modname;
	(void)base;
	(void)found;
	/* That is how libdwfl asks for it. */
	if (link && !crc)
		return find_alternate(mod, userdata);
	len = dwfl_module_build_id(mod, &bytes, &address);
	if (len <= 0)
		return -1;
	id = (struct build_id){ bytes, (size_t)len };
	fd = find_by_id(&id);
	if (fd >= 0 || !link || strchr(link, '/') || !name)
		return fd;
	dir = (int)(name - file);
	/* Where gdb looks; but the program itself has that build ID, too. */
	if (strcmp(link, name + 1) != 0)
		fd = with_build_id(&id, open_regular("%.*s/%s", dir, file, link));
	if (fd < 0)
		fd = with_build_id(&id, open_regular("%.*s/.debug/%s", dir, file, link));
	if (fd < 0)
		fd = with_build_id(&id, open_regular(DEBUG_DIR "%.*s/%s", dir, file, link));
	return fd;
}

bool objfile_debuginfo_whole(Dwfl_Module *mod)
{
	void **missing;
	Dwarf_Addr bias;

	if (!dwfl_module_getdwarf(mod, &bias))
		return false;
	dwfl_module_info(mod, &missing, NULL, NULL, NULL, NULL, NULL, NULL);
	return !*missing;
}
