// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "common/format-number.h"
#include "common/utf8.h"
#include "top/columns.h"

static const struct {
	const char *title;
	int width, width_bytes;
	bool left;
	size_t size;		/* where it is in the row; 0: it is not just a size */
} cells[CELLS] = {
	[CELL_PID] = { "PID", 7, 7, false, 0 },
	[CELL_NAME] = { "NAME", 16, 16, true, 0 },
	[CELL_HEAP] = { "HEAP", 9, 13, false, offsetof(struct brkwatch_row, heap_bytes) },
	[CELL_PEAK] = { "PEAK", 9, 13, false, offsetof(struct brkwatch_row, peak_bytes) },
	[CELL_GROWTH] = { "GROWTH/s", 10, 14, false, 0 },
	[CELL_CALLS] = { "CALLS/s", 9, 9, false, 0 },
	[CELL_REFUSED] = { "REFUSED", 9, 9, false, 0 },
	[CELL_GROWN] = { "GROWN", 9, 16, false, offsetof(struct brkwatch_row, grown_bytes) },
	[CELL_SHRUNK] = { "SHRUNK", 9, 16, false, offsetof(struct brkwatch_row, shrunk_bytes) },
	[CELL_RANGE] = { "RANGE", 37, 37, true, 0 },
};

int cell_width(enum cell_id id, bool bytes)
{
	return bytes ? cells[id].width_bytes : cells[id].width;
}

size_t cells_fitting(int columns, bool bytes)
{
	size_t n = 0;

	while (n < CELLS) {
		columns -= cell_width(n, bytes) + (n > 0);
		if (columns < 0)
			break;
		n++;
	}
	return n ?: 1;
}

int printable(char *text, size_t size, const char *name, int columns)
{
	mbstate_t state = { 0 };
	char *end = text + size - MB_LEN_MAX;
	int used = 0;

	while (*name && text < end) {
		wchar_t c;
		size_t len = mbrtowc(&c, name, strlen(name), &state);
		int width = len <= MB_LEN_MAX && unicode_is_text((uint32_t)c) ? wcwidth(c) : -1;
		/* What combines with the character before it needs one. */
		bool good = width > 0 || (!width && used);

		width = good ? width : 1;
		if (used + width > columns)
			break;
		/* The rest of what was cut or is not UTF-8 may well be. */
		if (len > MB_LEN_MAX) {
			len = 1;
			memset(&state, 0, sizeof(state));
		}
		text = good ? mempcpy(text, name, len) : stpcpy(text, "?");
		used += width;
		name += len;
	}
	*text = '\0';
	return used;
}

/* +17 KiB, -3 B, 0 B */
static void change_text(char *text, int64_t change, bool bytes)
{
	uint64_t size = change < 0 ? -(uint64_t)change : (uint64_t)change;

	if (change)
		*text++ = change < 0 ? '-' : '+';
	*put_size(text, size, bytes) = '\0';
}

static void pad(char *text, const char *value, int used, int width, bool left)
{
	int blanks = used < width ? width - used : 0;

	snprintf(text, CELL_MAX, "%*s%s%*s", left ? 0 : blanks, "", value, left ? blanks : 0, "");
}

void cell_text(char *text, enum cell_id id, const struct top_process *p, bool bytes)
{
	int width = cell_width(id, bytes);
	char value[CELL_MAX / 2] = "-";

	switch (id) {
	case CELL_PID:
		snprintf(value, sizeof(value), "%d", p->row.pid);
		break;
	case CELL_NAME:
		pad(text, value, printable(value, sizeof(value), p->row.name, width), width, true);
		return;
	case CELL_GROWTH:
		if (p->rated)
			change_text(value, p->growth_per_s, bytes);
		break;
	case CELL_CALLS:
		if (p->rated)
			*put_u64(value, p->calls_per_s) = '\0';
		break;
	case CELL_REFUSED:
		*put_u64(value, p->row.refused) = '\0';
		break;
	case CELL_RANGE:
		snprintf(value, sizeof(value), "%s-%s", address_text(p->row.start_brk).text,
			 address_text(p->row.brk).text);
		break;
	default:
		*put_size(value, *(const uint64_t *)((const char *)&p->row + cells[id].size), bytes) = '\0';
		break;
	}
	pad(text, value, (int)strlen(value), width, cells[id].left);
}

void cell_title(char *text, enum cell_id id, bool bytes)
{
	pad(text, cells[id].title, (int)strlen(cells[id].title), cell_width(id, bytes),
	    cells[id].left);
}
