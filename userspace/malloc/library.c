// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "malloc/library.h"

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

bool library_offsets(const char *file, const char *const *names, size_t n, uint64_t *offsets)
{
	const int fd = open(file, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 || elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	memset(offsets, 0, n * sizeof(*offsets));
	while (elf && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
			read_symbols(elf, section, &header, names, n, offsets);
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	return elf;
}
