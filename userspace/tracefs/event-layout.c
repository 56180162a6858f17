// SPDX-License-Identifier: GPL-2.0
#include <event-parse.h>
#include <kbuffer.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "tracefs/event-layout.h"

static const char *const events[] = {
	[BRKWATCH_QUERY] = "brk_query", [BRKWATCH_GROW] = "brk_grow", [BRKWATCH_SHRINK] = "brk_shrink",
	[BRKWATCH_MOVE] = "brk_move", [BRKWATCH_SAME] = "brk_same",
	[BRKWATCH_REFUSED] = "brk_refused", "brk_other",
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

enum field_name {
	PID, TID, SPACE, SEQ, TIME, TOOK, REQUEST, OLD, NEW, START, DELTA, PAGES, KIND, REASON, FLAGS,
	LIMIT, NEEDED, COMM,
	FIELDS,
};

static const char *const names[FIELDS] = {
	"pid", "tid", "space", "seq", "time", "took", "request", "old", "new", "start", "delta",
	"pages", "kind", "reason", "flags", "limit", "needed", "comm",
};

/* Of a byte: kinds and reasons have one each. */
#define VALUES 256

/* Of one of the kernel's events. */
struct other_layout {
	int id;
	const struct tep_format_field *pid, *fields[TRACE_VALUES];
	size_t size;		/* at least */
};

#define OTHERS_MAX 16

struct trace_format {
	struct tep_handle *tep;
	struct other_layout others[OTHERS_MAX];
	size_t n_others;
	int ids[EVENTS];
	const struct tep_format_field *id, *fields[FIELDS];
	size_t size;		/* of an event, at least */
	const char *kinds[VALUES];
	const char *reasons[VALUES];
	char flags[VALUES][8 + 1];
};

static bool find_fields(struct trace_format *format, struct tep_event *event)
{
	for (int i = 0; i < FIELDS; i++) {
		const struct tep_format_field *field = tep_find_field(event, names[i]);
		size_t end;

		/* An older module is without them. */
		if (!field && (i == LIMIT || i == NEEDED))
			continue;
		if (!field)
			return false;
		format->fields[i] = field;
		end = (size_t)field->offset + (size_t)field->size;
		if (format->size < end)
			format->size = end;
	}
	format->id = tep_find_common_field(event, "common_type");
	return format->id;
}

static void read_words(const char **words, const struct tep_print_flag_sym *symbol)
{
	for (int i = 0; i < VALUES; i++)
		words[i] = "?";
	for (; symbol; symbol = symbol->next)
		words[strtoul(symbol->value, NULL, 0) % VALUES] = symbol->str;
}

static void read_flags(struct trace_format *format, const struct tep_print_flag_sym *flag)
{
	for (; flag; flag = flag->next)
		for (unsigned long i = 0; i < VALUES; i++)
			if (i & strtoul(flag->value, NULL, 0) && strlen(format->flags[i]) < 8)
				strncat(format->flags[i], flag->str, 1);
	for (int i = 0; i < VALUES; i++)
		if (!*format->flags[i])
			strcpy(format->flags[i], "-");
}

/* In how an event is printed, the kind is the first of those with words, then the reason. */
static bool find_words(struct trace_format *format, const struct tep_event *event)
{
	int words = 0;

	for (const struct tep_print_arg *arg = event->print_fmt.args; arg; arg = arg->next) {
		if (arg->type == TEP_PRINT_SYMBOL && words < 2)
			read_words(words++ ? format->reasons : format->kinds, arg->symbol.symbols);
		else if (arg->type == TEP_PRINT_FLAGS)
			read_flags(format, arg->flags.flags);
	}
	return words == 2 && *format->flags[0];
}

static bool parse_header(struct tep_handle *tep)
{
	int size;
	char *text = tracefs_instance_file_read(NULL, "events/header_page", &size);
	bool ok = text && !tep_parse_header_page(tep, text, (unsigned long)size, sizeof(long));

	/*
	 * The data are this machine's, which it does not take for granted. A program of 32 bits can run
	 * on a kernel of 64.
	 */
	tep_set_file_bigendian(tep, tep_is_local_bigendian(tep));
	tep_set_long_size(tep, tep_get_header_page_size(tep));
	free(text);
	return ok;
}

static struct tep_event *parse_event(struct tep_handle *tep, const char *system, const char *name)
{
	struct tep_event *event = NULL;
	int size;
	char *text = tracefs_event_file_read(NULL, system, name, "format", &size);

	if (text && !tep_parse_event(tep, text, (unsigned long)size, system))
		event = tep_find_event_by_name(tep, system, name);
	free(text);
	return event;
}

/*
 * tracefs_local_events_system() could do it, but reads the kernel's symbols, too, which nobody wants
 * here: that takes 20 MiB, and seconds on a slow machine.
 */
struct trace_format *trace_format_new(void)
{
	struct trace_format *format = calloc(1, sizeof(*format));
	struct tep_event *event = NULL;

	if (!format)
		return NULL;
	format->tep = tep_alloc();
	if (format->tep && parse_header(format->tep)) {
		for (size_t n = 0; n < EVENTS && (event = parse_event(format->tep, "brkwatch", events[n])); n++)
			format->ids[n] = event->id;
	}
	/* They are of one class: what holds for one does for all. */
	if (event && find_fields(format, event) && find_words(format, event))
		return format;
	trace_format_free(format);
	return NULL;
}

void trace_format_free(struct trace_format *format)
{
	if (format)
		tep_free(format->tep);
	free(format);
}

struct kbuffer *trace_format_kbuffer(const struct trace_format *format)
{
	return tep_kbuffer(format->tep);
}

int trace_format_id(const struct trace_format *format, enum brkwatch_kind kind)
{
	return format->ids[kind];
}

/* Not by the library's functions, which would take most of the time that an event costs. */
static uint64_t load(const struct tep_format_field *field, const char *data)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	data += field->offset;
	switch (field->size) {
	case sizeof(two):
		memcpy(&two, data, sizeof(two));
		return two;
	case sizeof(four):
		memcpy(&four, data, sizeof(four));
		return four;
	case sizeof(eight):
		memcpy(&eight, data, sizeof(eight));
		return eight;
	default:
		return (unsigned char)*data;
	}
}

static bool is_known(const struct trace_format *format, const void *data, size_t size)
{
	int id = size < format->size ? -1 : (int)load(format->id, data);

	for (size_t i = 0; i < EVENTS; i++)
		if (format->ids[i] == id)
			return true;
	return false;
}

bool trace_format_decode(const struct trace_format *format, const void *data, size_t size,
			 struct trace_event *event)
{
	const struct tep_format_field *comm = format->fields[COMM];
	uint64_t value[COMM];

	if (!is_known(format, data, size))
		return false;
	for (int i = 0; i < COMM; i++)
		value[i] = format->fields[i] ? load(format->fields[i], data) : 0;
	*event = (struct trace_event){
		.pid = (pid_t)value[PID], .tid = (pid_t)value[TID], .space = value[SPACE],
		.seq = value[SEQ], .time = value[TIME], .took = value[TOOK],
		.request = value[REQUEST], .old = value[OLD], .brk = value[NEW],
		.start = value[START], .delta = (int64_t)value[DELTA],
		.pages = (int64_t)value[PAGES], .kind = format->kinds[value[KIND] % VALUES],
		.reason = format->reasons[value[REASON] % VALUES],
		.flags = format->flags[value[FLAGS] % VALUES],
		.limit = value[LIMIT], .needed = value[NEEDED],
	};
	memcpy(event->comm, (const char *)data + comm->offset,
	       comm->size < TRACE_COMM_MAX ? (size_t)comm->size : TRACE_COMM_MAX);
	return true;
}

/* ---- other events ---- */

static bool find_other_fields(struct other_layout *layout, struct tep_event *event, const struct trace_other *other)
{
	layout->id = event->id;
	layout->pid = tep_find_common_field(event, "common_pid");
	layout->size = layout->pid ? (size_t)layout->pid->offset + (size_t)layout->pid->size : 0;
	for (int i = 0; i < TRACE_VALUES && other->fields[i]; i++) {
		const struct tep_format_field *field = tep_find_field(event, other->fields[i]);
		size_t end = field ? (size_t)field->offset + (size_t)field->size : 0;

		if (!field)
			return false;
		layout->fields[i] = field;
		if (layout->size < end)
			layout->size = end;
	}
	return layout->pid;
}

const char *trace_format_add(struct trace_format *format, const struct trace_other *others, size_t n)
{
	for (size_t i = 0; i < n && i < OTHERS_MAX; i++) {
		struct tep_event *event = parse_event(format->tep, others[i].system, others[i].name);

		if (!event || !find_other_fields(&format->others[i], event, &others[i]))
			return others[i].name;
		format->n_others = i + 1;
	}
	return NULL;
}

/* The last part of a path: as much as there is room for. What says where it is has 16 bits for that. */
static void load_name(char *comm, uint64_t where, const char *data, size_t size)
{
	const size_t offset = where & 0xffff, len = where >> 16 & 0xffff;
	const char *name = data + offset, *slash;
	size_t n;

	if (offset >= size || len > size - offset || !len)
		return;
	n = strnlen(name, len);
	slash = memrchr(name, '/', n);
	if (slash) {
		n -= (size_t)(slash + 1 - name);
		name = slash + 1;
	}
	memcpy(comm, name, n < TRACE_COMM_MAX ? n : TRACE_COMM_MAX);
}

bool trace_format_decode_other(const struct trace_format *format, const void *data, size_t size,
			       uint64_t time_ns, struct trace_event *event)
{
	for (size_t i = 0; i < format->n_others; i++) {
		const struct other_layout *layout = &format->others[i];

		if (size < layout->size || (int)load(format->id, data) != layout->id)
			continue;
		*event = (struct trace_event){
			.other = (unsigned int)i + 1, .tid = (pid_t)load(layout->pid, data), .time = time_ns,
		};
		for (int k = 0; k < TRACE_VALUES && layout->fields[k]; k++) {
			event->values[k] = load(layout->fields[k], data);
			if (layout->fields[k]->flags & TEP_FIELD_IS_DYNAMIC)
				load_name(event->comm, event->values[k], data, size);
		}
		return true;
	}
	return false;
}
