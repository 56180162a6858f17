// SPDX-License-Identifier: GPL-2.0
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunks/allocator.h"
#include "chunks/ranges.h"
#include "common/c-library.h"
#include "libbrkwatch/task.h"

/* ---- its file, which anybody may have written ---- */

#define HEADERS_MAX	64
#define NOTES_MAX	4096

/* Of a note: its name and its type. */
#define NAME_BYTES	4
#define GO_BUILD_ID	4

struct findings {
	bool go, abi, interpreter;
};

static size_t align(size_t size, size_t to)
{
	return (size + to - 1) / to * to;
}

static void take_note(struct findings *findings, const ElfW(Nhdr) *note, const unsigned char *name)
{
	if (note->n_namesz != NAME_BYTES)
		return;
	findings->go |= note->n_type == GO_BUILD_ID && !memcmp(name, "Go\0", NAME_BYTES);
	findings->abi |= note->n_type == NT_GNU_ABI_TAG && !memcmp(name, "GNU", NAME_BYTES);
}

static void take_notes(struct findings *findings, FILE *file, const ElfW(Phdr) *header)
{
	unsigned char notes[NOTES_MAX];
	size_t len = header->p_filesz < sizeof(notes) ? (size_t)header->p_filesz : sizeof(notes), at = 0;
	ElfW(Nhdr) note;

	if (fseeko(file, (off_t)header->p_offset, SEEK_SET))
		return;
	len = fread(notes, 1, len, file);
	while (at < len && len - at >= sizeof(note) + NAME_BYTES) {
		memcpy(&note, notes + at, sizeof(note));
		if (note.n_namesz > len || note.n_descsz > len)
			break;
		take_note(findings, &note, notes + at + sizeof(note));
		at = align(at + sizeof(note) + align(note.n_namesz, 4) + note.n_descsz, header->p_align == 8 ? 8 : 4);
	}
}

/* False where not all of it was understood. */
static bool take_headers(struct findings *findings, FILE *file, const ElfW(Ehdr) *elf)
{
	ElfW(Phdr) header;

	if (!elf->e_phnum || elf->e_phnum > HEADERS_MAX || elf->e_phentsize != sizeof(header))
		return false;
	for (size_t i = 0; i < elf->e_phnum; i++) {
		if (fseeko(file, (off_t)(elf->e_phoff + i * sizeof(header)), SEEK_SET) ||
		    fread(&header, sizeof(header), 1, file) != 1)
			return false;
		if (header.p_type == PT_NOTE)
			take_notes(findings, file, &header);
		findings->interpreter |= header.p_type == PT_INTERP;
	}
	return true;
}

static void read_file(struct allocator *allocator, FILE *file)
{
	struct findings findings = { .go = false };
	ElfW(Ehdr) elf = { .e_phnum = 0 };

	if (!fread(elf.e_ident, sizeof(elf.e_ident), 1, file) || memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0)
		return;
	allocator->other_words = elf.e_ident[EI_CLASS] != (sizeof(size_t) == 8 ? ELFCLASS64 : ELFCLASS32);
	rewind(file);
	if (allocator->other_words || fread(&elf, sizeof(elf), 1, file) != 1 || !take_headers(&findings, file, &elf))
		return;
	allocator->is_go = findings.go;
	allocator->no_glibc = !findings.interpreter && !findings.abi;
}

/* ---- its memory ---- */

const char *allocator_of_library(const char *name)
{
	static const char *const others[] = { "libjemalloc", "libtcmalloc", "libmimalloc", "libhoard", "libasan" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strstr(name, others[i]))
			return others[i];
	return is_musl(name) ? "musl" : NULL;
}

static bool take_library(void *owner, const struct range *range)
{
	struct allocator *allocator = owner;

	allocator->library = allocator_of_library(range->name);
	/* If somebody has called the loader, that is the program. */
	if (is_glibc(range->name))
		allocator->no_glibc = false;
	return !allocator->library;
}

/* Whether the processor can tag it: then HWCAP2_MTE of arm64 is set, which may mean something else elsewhere. */
static bool can_be_tagged(pid_t pid)
{
	FILE *file = task_open(pid, "auxv");
	size_t entry[2];
	bool can = false;

	while (file && !can && fread(entry, sizeof(entry), 1, file))
		can = entry[0] == AT_HWCAP2 && entry[1] & 1 << 18;
	if (file)
		fclose(file);
	return can;
}

static bool is_tagged(pid_t pid)
{
	/* The kernel looks at each page for it. */
	FILE *file = can_be_tagged(pid) ? task_open(pid, "smaps") : NULL;
	char *line = NULL;
	size_t room = 0;
	bool is = false;

	while (file && !is && getline(&line, &room, file) > 0)
		is = !strncmp(line, "VmFlags:", strlen("VmFlags:")) && strstr(line, " mt");
	free(line);
	if (file)
		fclose(file);
	return is;
}

void allocator_read(struct allocator *allocator, pid_t pid)
{
	FILE *file = task_open(pid, "exe");

	*allocator = (struct allocator){ .tagged = is_tagged(pid) };
	if (file) {
		read_file(allocator, file);
		fclose(file);
	}
	ranges_each(pid, take_library, allocator);
}

/* ---- what that means ---- */

bool allocator_explain(const struct allocator *allocator, char *text, size_t size)
{
	if (allocator->library)
		snprintf(text, size, "%s is loaded; its memory is not shown", allocator->library);
	else if (allocator->is_go)
		snprintf(text, size, "it is a Go program: what Go allocates is not shown");
	else if (allocator->no_glibc)
		snprintf(text, size, "it is a static program without the note of glibc's start files: "
			 "its malloc is another one, if it has any");
	else
		return false;
	return true;
}

/*
 * What the break brings has no tags, so with glibc.mem.tagging malloc maps all that it has. The headers
 * of its chunks stay as they are, and to read them takes no tag.
 */
bool allocator_tags(const struct allocator *allocator, char *text, size_t size)
{
	if (allocator->tagged)
		snprintf(text, size, "it has tagged memory (arm64 MTE): if that is malloc's (glibc.mem.tagging), none "
			 "of it is at the break, and of it only the arenas of other threads are shown");
	return allocator->tagged;
}
