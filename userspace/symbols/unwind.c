// SPDX-License-Identifier: GPL-2.0
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols/debug-files.h"
#include "symbols/registers.h"
#include "symbols/symbols.h"
#include "symbols/unwind.h"

/* Of addresses whose names are remembered; a power of two. */
#define CACHE_SIZE	1024

struct cached {
	uint64_t pc;
	size_t n;
	uint32_t *frames;
};

struct unwinder {
	pid_t pid;
	struct paths *paths;
	Dwfl *dwfl;
	bool attached;
	struct cached cache[CACHE_SIZE];

	/* The sample at hand. */
	const struct perf_sample *sample;
	const struct regs_map *map;
	uint64_t sp;
	bool cut;		/* the stack goes on where its copy ends */
	uint32_t *frames;
	size_t n, max;
};

static int find_no_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
		       char **file, Elf **elf)
{
	(void)mod;
	(void)userdata;
	(void)name;
	(void)base;
	(void)file;
	(void)elf;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_no_elf,
	.find_debuginfo = objfile_find_debuginfo,
};

struct unwinder *unwinder_new(pid_t pid, struct paths *paths)
{
	struct unwinder *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	elf_version(EV_CURRENT);
	u->pid = pid;
	u->paths = paths;
	u->dwfl = dwfl_begin(&callbacks);
	if (u->dwfl)
		return u;
	free(u);
	return NULL;
}

void unwinder_free(struct unwinder *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < CACHE_SIZE; i++)
		free(u->cache[i].frames);
	dwfl_end(u->dwfl);
	free(u);
}

/* ---- files ---- */

/* How far its addresses are from those in the file; false: it is none that has code there. */
static bool find_bias(int fd, const struct perf_map *map, uint64_t *bias)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool found = false;
	GElf_Phdr phdr;
	size_t n = 0;

	if (elf && !elf_getphdrnum(elf, &n))
		for (size_t i = 0; i < n && !found; i++) {
			uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

			if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_LOAD ||
			    !(phdr.p_flags & PF_X) ||
			    map->offset < (phdr.p_offset & -page) ||
			    map->offset >= phdr.p_offset + phdr.p_filesz)
				continue;
			*bias = map->start - map->offset - (phdr.p_vaddr - phdr.p_offset);
			found = true;
		}
	elf_end(elf);
	return found;
}

/* Not the device: with btrfs and overlayfs stat(2) has another one than the mapping. */
static bool has_inode(int fd, uint64_t inode)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_ino == inode;
}

bool unwinder_map(struct unwinder *u, const struct perf_map *map, bool certain, int fd)
{
	const char *name = strrchr(map->path, '/');
	uint64_t bias;
	bool ok = map->build_id_len ? objfile_has_build_id(fd, map->build_id, map->build_id_len) :
				      certain || has_inode(fd, map->inode);

	if (!name || !ok)
		return false;
	dwfl_report_begin_add(u->dwfl);
	ok = find_bias(fd, map, &bias) && dwfl_report_elf(u->dwfl, name + 1, map->path, fd, bias, true);
	dwfl_report_end(u->dwfl, NULL, NULL);
	return ok;
}

/* ---- callers ---- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	const struct unwinder *u = arg;

	(void)dwfl;
	if (*thread_arg)
		return 0;
	*thread_arg = arg;
	return u->sample->tid;
}

/* Whether it is there. An address is anything: a sum with it could begin at 0 again. */
static bool copy_from(void *value, size_t len, const void *data, size_t size, uint64_t offset)
{
	if (offset > size || size - offset < len)
		return false;
	memcpy(value, (const char *)data + offset, len);
	return true;
}

/* What is mapped from a file and was not changed. */
static bool read_file(Dwfl *dwfl, uint64_t address, void *value, size_t len)
{
	Dwfl_Module *mod = dwfl_addrmodule(dwfl, address);
	GElf_Addr bias;
	Elf *elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	size_t n = 0, size = 0, room;
	GElf_Phdr phdr;
	const char *image = elf ? elf_rawfile(elf, &size) : NULL;

	if (!image || elf_getphdrnum(elf, &n))
		return false;
	address -= bias;
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &phdr) || phdr.p_type != PT_LOAD ||
		    (phdr.p_flags & PF_W) || address < phdr.p_vaddr || phdr.p_offset > size)
			continue;
		room = size - phdr.p_offset < phdr.p_filesz ? size - phdr.p_offset : phdr.p_filesz;
		if (copy_from(value, len, image + phdr.p_offset, room, address - phdr.p_vaddr))
			return true;
	}
	return false;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *arg)
{
	struct unwinder *u = arg;
	size_t len = u->map->word_bits / 8;
	uint32_t narrow;
	uint64_t wide;
	unsigned char value[8];

	/* Below the stack pointer it is beyond any size. */
	if (!copy_from(value, len, u->sample->stack, u->sample->stack_size, address - u->sp) &&
	    !read_file(dwfl, address, value, len)) {
		u->cut |= address >= u->sp && address - u->sp < (8ULL << 20);
		return false;
	}
	memcpy(&narrow, value, sizeof(narrow));
	memcpy(&wide, value, sizeof(wide));
	*result = len == sizeof(wide) ? wide : narrow;
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct unwinder *u = arg;
	Dwarf_Word values[REGS_MAX];

	for (unsigned int i = 0; i < u->map->n; i++) {
		values[i] = regs_value(u->sample->regs, u->map->perf[i]);
		if (u->map->word_bits == 32)
			values[i] &= UINT32_MAX;
	}
	dwfl_thread_state_register_pc(thread, regs_value(u->sample->regs, u->map->pc));
	return dwfl_thread_state_registers(thread, 0, u->map->n, values);
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	(void)dwfl;
	(void)tid;
	*thread_arg = arg;
	return true;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_memory,
	.set_initial_registers = set_registers,
};

static void add_address(struct unwinder *u, uint64_t pc)
{
	struct cached *cached = &u->cache[(pc ^ pc >> 12) & (CACHE_SIZE - 1)];
	uint32_t found[SYMBOL_FRAMES_MAX];

	if (!cached->n || cached->pc != pc) {
		free(cached->frames);
		cached->pc = pc;
		cached->n = symbol_frames(u->dwfl, u->paths, pc, found);
		cached->frames = calloc(cached->n, sizeof(*found));
		if (!cached->frames) {
			cached->n = 0;
			return;
		}
		memcpy(cached->frames, found, cached->n * sizeof(*found));
	}
	for (size_t i = 0; i < cached->n && u->n < u->max; i++)
		u->frames[u->n++] = cached->frames[i];
}

static int take_frame(Dwfl_Frame *frame, void *arg)
{
	struct unwinder *u = arg;
	bool innermost;
	Dwarf_Addr pc;

	if (!dwfl_frame_pc(frame, &pc, &innermost))
		return DWARF_CB_ABORT;
	/* Where a caller goes on may be in another function already. */
	add_address(u, innermost ? pc : pc - 1);
	u->cut |= u->n == u->max;
	return u->n < u->max ? DWARF_CB_OK : DWARF_CB_ABORT;
}

/* So that what has lost its callers is not taken for what has none. */
static void end_cut(struct unwinder *u)
{
	u->n -= u->n == u->max;
	u->frames[u->n++] = paths_frame(u->paths, "[callers not in the copy of the stack]", "");
}

static void find_frames(struct unwinder *u)
{
	struct rlimit before;

	objfile_limit_memory(&before);
	/* Which machine's programs these are is known from the first of them. */
	if (!u->attached)
		u->attached = dwfl_attach_state(u->dwfl, NULL, u->pid, &thread_callbacks, u);
	if (u->attached)
		dwfl_getthread_frames(u->dwfl, u->sample->tid, take_frame, u);
	if (!u->n)
		add_address(u, regs_value(u->sample->regs, u->map->pc));
	objfile_unlimit_memory(&before);
}

size_t unwinder_frames(struct unwinder *u, const struct perf_sample *sample, uint32_t *frames,
		       size_t max)
{
	u->sample = sample;
	u->map = sample->regs ? regs_map(sample->abi) : NULL;
	u->frames = frames;
	u->n = 0;
	u->max = max;
	u->cut = false;
	if (!u->map)
		return 0;
	u->sp = regs_value(sample->regs, u->map->sp);
	find_frames(u);
	if (u->cut)
		end_cut(u);
	return u->n;
}

size_t unwinder_data(const struct unwinder *u, uint64_t address, uint32_t *frame)
{
	struct rlimit before;
	size_t n;

	objfile_limit_memory(&before);
	n = symbol_data(u->dwfl, u->paths, address, frame);
	objfile_unlimit_memory(&before);
	return n;
}
