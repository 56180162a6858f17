// SPDX-License-Identifier: GPL-2.0
#include <fnmatch.h>
#include <gelf.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/musl.h"
#include "common/open-regular.h"
#include "libbrkwatch/task.h"
#include "malloc/library.h"
#include "malloc/maps.h"

static bool is_library(const char *name)
{
	static const char *const patterns[] = { "*/libc.so.6", "*/libc-2.*.so" };

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return is_musl(name);
}

/*
 * Its probes are in all followed processes that have it mapped, at offsets that it names itself. So it must not be one
 * that somebody has made for us.
 */
static bool is_trusted(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !st.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

int library_open(pid_t pid, char **name)
{
	struct regions regions = { .n = 0 };
	int fd = -1;

	*name = NULL;
	regions_of(&regions, pid, "maps", NULL);
	for (size_t i = 0; i < regions.n && !*name; i++) {
		const struct region *region = &regions.all[i];

		if (!is_library(region->name))
			continue;
		*name = needed(strdup(region->name));
		fd = open_regular("/proc/%d/map_files/%" PRIx64 "-%" PRIx64, task_with_memory("/proc", pid),
				  region->start, region->end);
	}
	regions_free(&regions);
	if (!*name)
		warn_user("no C library is mapped: the program may be a static one");
	else if (fd < 0)
		warn_user("%s: the mapped file cannot be opened", *name);
	else if (is_trusted(fd))
		return fd;
	else
		warn_user("%s: --malloc wants a C library that only root can write to", *name);
	if (fd >= 0)
		close(fd);
	return -1;
}

static uint64_t offset_of(Elf *elf, uint64_t address)
{
	size_t n;
	GElf_Phdr header;

	if (elf_getphdrnum(elf, &n))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD && header.p_vaddr <= address &&
		    address - header.p_vaddr < header.p_filesz)
			return address - header.p_vaddr + header.p_offset;
	return 0;
}

static void read_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *const *names, size_t n,
			 uint64_t *offsets)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int k = 0; data && gelf_getsym(data, k, &symbol); k++) {
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);

		if (symbol.st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		for (size_t i = 0; name && i < n; i++)
			if (!strcmp(name, names[i]))
				offsets[i] = offset_of(elf, symbol.st_value);
	}
}

bool library_offsets(int fd, const char *const *names, size_t n, uint64_t *offsets)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	memset(offsets, 0, n * sizeof(*offsets));
	while (elf && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
			read_symbols(elf, section, &header, names, n, offsets);
	if (elf)
		elf_end(elf);
	return elf;
}
