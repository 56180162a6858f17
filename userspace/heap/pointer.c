// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "chunks/ranges.h"
#include "common/format-number.h"
#include "heap/pointer.h"
#include "symbols/code-maps.h"

#define VTABLE "vtable for "

/* False: the file has no symbol there. */
static bool find_symbol(pid_t pid, const char *file, uint64_t word, char *text, size_t size)
{
	struct code_maps *maps = maps_new();
	struct paths paths = { 0 };
	uint32_t frame;
	bool found = false;

	if (!maps)
		return false;
	maps_add(maps, pid, file);
	if (!paths_init(&paths) && maps_data(maps, pid, word, &paths, &frame)) {
		const struct path_frame *symbol = paths.frames[frame];

		found = true;
		/* Its first word leads into the middle of the table. */
		if (!strncmp(symbol->function, VTABLE, strlen(VTABLE)))
			snprintf(text, size, "an object of class %s", symbol->function + strlen(VTABLE));
		else
			snprintf(text, size, "%s%s", symbol->function, symbol->location);
	}
	paths_free(&paths);
	maps_free(maps);
	return found;
}

bool pointer_explain(pid_t pid, uint64_t word, char *text, size_t size)
{
	char file[PATH_MAX], symbol[512];
	uint64_t offset;

	if (!ranges_find_file(pid, word, file, sizeof(file), &offset))
		return false;
	if (find_symbol(pid, file, word, symbol, sizeof(symbol)))
		snprintf(text, size, "%s: %s, in %s", address_text(word).text, symbol, file);
	else
		snprintf(text, size, "%s is in %s, at %s", address_text(word).text, file, address_text(offset).text);
	return true;
}
