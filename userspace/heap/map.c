// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "common/complain.h"
#include "common/format-number.h"
#include "common/replace-file.h"
#include "heap/print.h"

/* The cells of the account are those of the drawing; of a letter of the text it has several. */
#define LETTER_CELLS	(MAP_CELLS / (MAP_COLUMNS * MAP_ROWS))

/* ---- as text ---- */

static char cell_letter(const struct cell *cell)
{
	if (cell->top && cell->top >= cell->used + cell->free)
		return '^';
	if (!cell->used && !cell->free)
		return ' ';
	if (!cell->used)
		return '.';
	return cell->free ? '+' : '#';
}

static struct cell sum_of(const struct cell *cells, size_t n)
{
	struct cell sum = { .used = 0 };

	for (size_t i = 0; i < n; i++) {
		sum.used += cells[i].used;
		sum.free += cells[i].free;
		sum.top += cells[i].top;
	}
	return sum;
}

void print_map(const struct print *print, const struct account *account)
{
	const uint64_t size = LETTER_CELLS * account->cell_size;

	outbuf_printf(print->out, "\n# in use, . free, + both, ^ the top; %s each\n",
		      size_text(size, print->bytes).text);
	for (size_t row = 0; row < MAP_ROWS; row++) {
		char text[MAP_COLUMNS + 1] = "";
		uint64_t at = account->start + row * MAP_COLUMNS * size;

		for (size_t i = 0; i < MAP_COLUMNS; i++) {
			size_t first = (row * MAP_COLUMNS + i) * LETTER_CELLS;
			struct cell cell = sum_of(account->cells + first, LETTER_CELLS);

			text[i] = cell_letter(&cell);
		}
		/* The last cells are behind the break. */
		for (size_t i = MAP_COLUMNS; i-- && text[i] == ' ';)
			text[i] = '\0';
		if (*text)
			outbuf_printf(print->out, "%-14s %s\n", address_text(at).text, text);
	}
}

/* ---- as a drawing ---- */

/* In dots. */
#define COLUMNS		128u
#define CELL_WIDTH	7u
#define CELL_HEIGHT	14u
#define LEFT		126u
#define HEAD		84u
#define MARGIN		14u
#define WIDTH		(LEFT + COLUMNS * CELL_WIDTH + MARGIN)

/* From free to in use, by eighths; Okabe and Ito's blue is for those who see few colours, too. */
#define SHADES		9u
static const char *const colours[] = {
	"#d5e8f3", "#bbd9eb", "#a1cae3", "#86bbda", "#6bacd2", "#509eca", "#368fc2", "#1b81ba", "#0072b2",
	"#f4e7c3", "#9a9a9a",
};

enum { TOP = SHADES, UNKNOWN };

static size_t colour_of(const struct cell *cell)
{
	const uint64_t known = cell->used + cell->free;

	if (!known)
		return cell->top ? TOP : UNKNOWN;
	if (cell->top > known)
		return TOP;
	/* A little of both has neither end's colour. */
	if (!cell->used || !cell->free)
		return cell->used ? SHADES - 1 : 0;
	return 1 + (size_t)(cell->used * (SHADES - 2) / (known + 1));
}

static void put_legend(struct outbuf *out)
{
	static const struct {
		unsigned int colour;
		const char *text;
	} entries[] = {
		{ SHADES - 1, "in use" }, { SHADES / 2, "both" }, { 0, "free" }, { TOP, "free, at the top" },
		{ UNKNOWN, "not walked" },
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		size_t x = LEFT + i * 130;

		outbuf_printf(out, "<rect x=\"%zu\" y=\"59\" width=\"12\" height=\"12\" fill=\"%s\"/>"
			      "<text x=\"%zu\" y=\"69\">%s</text>\n", x, colours[entries[i].colour], x + 18,
			      entries[i].text);
	}
	outbuf_printf(out, "<rect x=\"%u\" y=\"59\" width=\"12\" height=\"12\" class=\"pin\"/>"
		      "<text x=\"%u\" y=\"69\">what keeps the break up</text>\n", LEFT + 5 * 130,
		      LEFT + 5 * 130 + 18);
}

static void put_head(struct outbuf *out, const struct reading *reading, size_t rows)
{
	const struct account *account = &reading->account;
	const struct sums *sums = &account->sums;
	size_t height = HEAD + rows * CELL_HEIGHT + MARGIN;
	char why[512];

	outbuf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%zu\" viewBox=\"0 0 %u %zu\">\n"
		      "<style>text { font: 12px sans-serif } .title { font-size: 16px } .at { font-family: monospace; "
		      "font-size: 11px } .pin { fill: none; stroke: #d55e00; stroke-width: 2 }</style>\n"
		      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", WIDTH, height, WIDTH, height);
	outbuf_printf(out, "<text class=\"title\" x=\"%u\" y=\"24\">Heap of process %d: %s, of which %s are free and %s in use"
		      "</text>\n<text x=\"%u\" y=\"44\">", LEFT, reading->space->pid,
		      size_text(reading->brk - reading->start_brk, false).text,
		      size_text(sums->free.bytes + sums->top.bytes, false).text,
		      size_text(sums->used.bytes, false).text, LEFT);
	if (explain_end(reading, why, sizeof(why)))
		outbuf_printf(out, "Not sound: %s", why);
	else if (sums->last_used.size)
		outbuf_printf(out, "%s of that lie below the chunk at %s, so the break cannot go down; a field is %s",
			      size_text(sums->pinned, false).text, address_text(sums->last_used.address).text,
			      size_text(account->cell_size, false).text);
	outbuf_puts(out, "</text>\n");
	put_legend(out);
}

/* Neighbours of one colour are drawn as one. */
static void put_run(struct outbuf *out, const struct account *account, size_t first, size_t n, size_t colour)
{
	const struct cell sum = sum_of(account->cells + first, n);
	size_t row = first / COLUMNS, column = first % COLUMNS;

	outbuf_printf(out, "<rect x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%u\" fill=\"%s\"><title>%s: ",
		      LEFT + column * CELL_WIDTH, HEAD + row * CELL_HEIGHT, n * CELL_WIDTH, CELL_HEIGHT - 1,
		      colours[colour], address_text(account->start + first * account->cell_size).text);
	if (colour == UNKNOWN)
		outbuf_puts(out, "not walked");
	else
		outbuf_printf(out, "%s in use, %s free", size_text(sum.used, false).text,
			      size_text(sum.free + sum.top, false).text);
	outbuf_puts(out, "</title></rect>\n");
}

static void put_row(struct outbuf *out, const struct account *account, size_t first, size_t end)
{
	outbuf_printf(out, "<text class=\"at\" x=\"%u\" y=\"%zu\" text-anchor=\"end\">%s</text>\n", LEFT - 8,
		      HEAD + first / COLUMNS * CELL_HEIGHT + 11,
		      address_text(account->start + first * account->cell_size).text);
	for (size_t next; first < end; first = next) {
		size_t colour = colour_of(&account->cells[first]);

		for (next = first + 1; next < end && colour_of(&account->cells[next]) == colour; next++)
			;
		put_run(out, account, first, next - first, colour);
	}
}

static void put_pin(struct outbuf *out, const struct account *account)
{
	const struct chunk *chunk = &account->sums.last_used;
	size_t cell = (size_t)((chunk->address - account->start) / account->cell_size);

	if (chunk->size)
		outbuf_printf(out, "<rect class=\"pin\" x=\"%zu\" y=\"%zu\" width=\"%u\" height=\"%u\">"
			      "<title>%s, %s</title></rect>\n", LEFT + cell % COLUMNS * CELL_WIDTH - 1,
			      HEAD + cell / COLUMNS * CELL_HEIGHT - 1, CELL_WIDTH + 2, CELL_HEIGHT + 1,
			      address_text(chunk->address).text, size_text(chunk->size, false).text);
}

bool draw_map(const struct reading *reading, const char *file)
{
	const struct account *account = &reading->account;
	static struct outbuf out;
	struct newfile drawing;
	uint64_t fields = (reading->brk - account->start + account->cell_size - 1) / account->cell_size;
	size_t n = fields < MAP_CELLS ? (size_t)fields : MAP_CELLS;
	int rc;

	if (!newfile_open(&drawing, file))
		return false;
	out = (struct outbuf){ .fd = drawing.fd };
	put_head(&out, reading, (n + COLUMNS - 1) / COLUMNS);
	for (size_t i = 0; i < n; i += COLUMNS)
		put_row(&out, account, i, i + COLUMNS < n ? i + COLUMNS : n);
	if (reading->result == WALK_SOUND)
		put_pin(&out, account);
	outbuf_puts(&out, "</svg>\n");
	rc = outbuf_flush(&out);
	if (rc)
		warn_user("cannot write %s: %s", file, strerror(-rc));
	return newfile_close(&drawing, !rc);
}
