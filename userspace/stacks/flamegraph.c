// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "stacks/flamegraph.h"
#include "common/format-number.h"
#include "common/utf8.h"

#define WIDTH		1200.0
#define MARGIN		10.0
#define HEAD		58.0		/* title and buttons */
#define FOOT		34.0		/* what the pointer is on */
#define ROW		18.0
#define CHARACTER	7.25		/* its width in the font */

/* What is narrower cannot be seen, nor hit, until it is zoomed in to. */
#define NARROWEST	0.01

/* The files as they are, each with a NUL behind it. */
extern const char flamegraph_style[] __attribute__((visibility("hidden")));
extern const char flamegraph_script[] __attribute__((visibility("hidden")));

__asm__(".pushsection .rodata\n"
	"flamegraph_style: .incbin \"stacks/flamegraph.css\"\n"
	".byte 0\n"
	"flamegraph_script: .incbin \"stacks/flamegraph.js\"\n"
	".byte 0\n"
	".popsection");

struct flame {
	struct outbuf *out;
	const struct paths *paths;
	uint64_t total;
	double height;
};

/* What is no text has been replaced in names already. */
static void put_escaped(struct outbuf *out, const char *text, size_t len)
{
	for (; len && *text; text++, len--) {
		if (*text == '&')
			outbuf_puts(out, "&amp;");
		else if (*text == '<')
			outbuf_puts(out, "&lt;");
		else if (*text == '>')
			outbuf_puts(out, "&gt;");
		else if (*text == '"')
			outbuf_puts(out, "&quot;");
		else
			outbuf_write(out, text, 1);
	}
}

/* Always the same for a name; what is no function is grey. */
static void put_color(struct outbuf *out, const char *name)
{
	unsigned int hash = 2166136261u;

	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	hash ^= hash >> 15;
	if (*name == '[')
		outbuf_puts(out, "#c8c8c8");
	else
		outbuf_printf(out, "hsl(%u,%u%%,%u%%)", 12 + hash % 40, 78 + hash / 64 % 16,
			      60 + hash / 4096 % 12);
}

/* How many bytes of it fit: from U+0800 on a character may need the room of two. */
static size_t fitting(const char *text, int room)
{
	const char *p = text;

	while (*p) {
		size_t len = utf8_sequence(p) ?: 1;

		room -= len > 2 ? 2 : 1;
		if (room < 0)
			break;
		p += len;
	}
	return (size_t)(p - text);
}

/* As the script does it when it zooms. */
static void put_label(struct outbuf *out, const char *name, double width)
{
	int room = (int)((width - 6) / CHARACTER);

	if (room < 3)
		return;
	if (!name[fitting(name, room)]) {
		put_escaped(out, name, SIZE_MAX);
	} else {
		put_escaped(out, name, fitting(name, room - 2));
		outbuf_puts(out, "..");
	}
}

static void put_frame(const struct flame *flame, uint32_t node, uint64_t at, unsigned int depth)
{
	const double scale = (WIDTH - 2 * MARGIN) / (double)flame->total;
	const struct path_node *n = &flame->paths->nodes[node];
	const char *name = flame->paths->frames[n->frame]->function;
	double x = MARGIN + (double)at * scale, width = (double)n->all * scale;
	double y = flame->height - FOOT - (depth + 1) * ROW;
	struct outbuf *out = flame->out;

	outbuf_puts(out, "<g class=\"frame\" data-name=\"");
	put_escaped(out, name, SIZE_MAX);
	outbuf_printf(out, "\" data-bytes=\"%" PRIu64 "\" data-at=\"%" PRIu64 "\" data-depth=\"%u\"><title>",
		      n->all, at, depth);
	put_escaped(out, name, SIZE_MAX);
	outbuf_printf(out, ": %" PRIu64 " bytes, %.2f %%</title><rect x=\"%.3f\" y=\"%.1f\" "
		      "width=\"%.3f\" height=\"%.1f\" rx=\"2\" fill=\"",
		      n->all, (double)n->all * 100 / (double)flame->total, x, y, width, ROW - 1);
	put_color(out, name);
	outbuf_printf(out, "\"/><text x=\"%.3f\" y=\"%.1f\">", x + 3, y + 13);
	put_label(out, name, width);
	outbuf_puts(out, "</text></g>\n");
}

/* Depth first, as the search in it wants. */
static void put_frames(const struct flame *flame)
{
	const struct path_node *nodes = flame->paths->nodes;
	const double narrowest = NARROWEST * (double)flame->total / WIDTH;
	unsigned int depth = 0;
	uint64_t at = 0;
	uint32_t node = 0;

	for (;;) {
		bool visible = nodes[node].all && (double)nodes[node].all >= narrowest;

		if (visible)
			put_frame(flame, node, at, depth);
		if (visible && nodes[node].child) {
			node = nodes[node].child;
			depth++;
			continue;
		}
		at += nodes[node].all;
		while (node && !nodes[node].sibling) {
			node = nodes[node].parent;
			/* What it has of its own lies right of its children. */
			at += nodes[node].bytes;
			depth--;
		}
		if (!node)
			break;
		node = nodes[node].sibling;
	}
}

static unsigned int depth_of(const struct paths *paths, uint32_t node)
{
	unsigned int depth = 0;

	for (; node; node = paths->nodes[node].parent)
		depth++;
	return depth;
}

static void put_head(const struct flame *flame)
{
	struct outbuf *out = flame->out;
	char size[TEXT_NUMBER_MAX];

	*put_size(size, flame->paths->nodes[0].all, false) = '\0';
	outbuf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		      "viewBox=\"0 0 %.0f %.0f\" data-left=\"%.0f\" data-room=\"%.0f\" data-letter=\"%.2f\">\n",
		      WIDTH, flame->height, WIDTH, flame->height, MARGIN, WIDTH - 2 * MARGIN, CHARACTER);
	outbuf_puts(out, "<style>\n");
	outbuf_puts(out, flamegraph_style);
	outbuf_puts(out, "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fbfaf7\"/>\n");
	outbuf_printf(out, "<text class=\"title\" x=\"%.0f\" y=\"25\">Who made the heap grow</text>\n"
		      "<text class=\"note\" x=\"%.0f\" y=\"44\">%s grown by brk(2); the width is bytes</text>\n"
		      "<text id=\"reset\" class=\"button gone\" x=\"%.0f\" y=\"25\">Reset zoom</text>\n"
		      "<text id=\"found\" class=\"note\" x=\"%.0f\" y=\"44\" text-anchor=\"end\"></text>\n"
		      "<text id=\"search\" class=\"button gone\" x=\"%.0f\" y=\"25\" text-anchor=\"end\">Search</text>\n"
		      "<text id=\"details\" x=\"%.0f\" y=\"%.0f\"></text>\n",
		      MARGIN, MARGIN, size, WIDTH - 170, WIDTH - MARGIN, WIDTH - MARGIN, MARGIN,
		      flame->height - 12);
}

int flame_write(const struct paths *functions, int fd)
{
	static struct outbuf out;
	struct flame flame = { .out = &out, .paths = functions, .total = functions->nodes[0].all };
	unsigned int deepest = 0;

	for (uint32_t i = 0; i < functions->n; i++)
		if (depth_of(functions, i) > deepest)
			deepest = depth_of(functions, i);
	flame.height = HEAD + (deepest + 1) * ROW + FOOT;
	flame.total = flame.total ? flame.total : 1;
	out.fd = fd;
	put_head(&flame);
	put_frames(&flame);
	outbuf_puts(flame.out, "<script><![CDATA[\n");
	outbuf_puts(flame.out, flamegraph_script);
	outbuf_puts(flame.out, "]]></script>\n</svg>\n");
	return outbuf_flush(&out);
}
