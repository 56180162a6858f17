// SPDX-License-Identifier: GPL-2.0
#include <event-parse.h>
#include <kbuffer.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>

#include "tracefs/event-layout.h"

static const char *const events[] = {
	"brk_query", "brk_grow", "brk_shrink", "brk_move", "brk_same", "brk_refused", "brk_other",
};

#define EVENTS (sizeof(events) / sizeof(events[0]))

/* Where it is in an event's data. */
struct place {
	size_t offset, size;
	bool is_signed;
};

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

struct trace_format {
	struct tep_handle *tep;
	int ids[EVENTS];
	struct place fields[FIELDS];
	size_t size;		/* of an event, at least */
	const char *kinds[VALUES];
	const char *reasons[VALUES];
	char flags[VALUES][8 + 1];
};

static bool find_fields(struct trace_format *format, struct tep_event *event)
{
	for (int i = 0; i < FIELDS; i++) {
		const struct tep_format_field *field = tep_find_field(event, names[i]);
		struct place *place = &format->fields[i];

		/* An older module is without them. */
		if (!field && (i == LIMIT || i == NEEDED))
			continue;
		if (!field || field->offset < 0 || field->size < 1)
			return false;
		*place = (struct place){
			.offset = (size_t)field->offset, .size = (size_t)field->size,
			.is_signed = field->flags & TEP_FIELD_IS_SIGNED,
		};
		if (i != COMM && place->size > sizeof(uint64_t))
			return false;
		if (format->size < place->offset + place->size)
			format->size = place->offset + place->size;
	}
	return true;
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

	free(text);
	return ok;
}

static struct tep_event *parse_event(struct tep_handle *tep, const char *name)
{
	struct tep_event *event = NULL;
	int size;
	char *text = tracefs_event_file_read(NULL, "brkwatch", name, "format", &size);

	if (text && !tep_parse_event(tep, text, (unsigned long)size, "brkwatch"))
		event = tep_find_event_by_name(tep, "brkwatch", name);
	free(text);
	return event;
}

/* The library could do it all, but it reads much more, which takes seconds on a slow machine. */
struct trace_format *trace_format_new(void)
{
	struct trace_format *format = calloc(1, sizeof(*format));
	struct tep_event *event = NULL;
	size_t n = 0;

	if (!format)
		return NULL;
	format->tep = tep_alloc();
	if (format->tep && parse_header(format->tep)) {
		for (; n < EVENTS && (event = parse_event(format->tep, events[n])); n++)
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
	struct kbuffer *kbuf = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST);

	/* A program of 32 bits can run on a kernel of 64. */
	if (kbuf && tep_get_header_page_size(format->tep) != (int)sizeof(long)) {
		kbuffer_free(kbuf);
		kbuf = kbuffer_alloc(tep_get_header_page_size(format->tep) == 8 ? KBUFFER_LSIZE_8 :
				     KBUFFER_LSIZE_4, KBUFFER_ENDIAN_SAME_AS_HOST);
	}
	if (kbuf && tep_is_old_format(format->tep))
		kbuffer_set_old_format(kbuf);
	return kbuf;
}

static uint64_t load(const struct place *place, const char *data)
{
	union {
		uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64;
	} value = { .u64 = 0 };

	memcpy(&value, data + place->offset, place->size);
	switch (place->size) {
	case 1:
		return place->is_signed ? (uint64_t)(int8_t)value.u8 : value.u8;
	case 2:
		return place->is_signed ? (uint64_t)(int16_t)value.u16 : value.u16;
	case 4:
		return place->is_signed ? (uint64_t)(int32_t)value.u32 : value.u32;
	case 8:
		return value.u64;
	default:
		return 0;
	}
}

bool trace_format_decode(const struct trace_format *format, const void *data, size_t size,
			 struct trace_event *event)
{
	struct tep_record record = { .data = (void *)data, .size = (int)size };
	const struct place *comm = &format->fields[COMM];
	uint64_t value[COMM];
	size_t known = 0;
	int id;

	if (size < format->size)
		return false;
	id = tep_data_type(format->tep, &record);
	while (known < EVENTS && format->ids[known] != id)
		known++;
	if (known == EVENTS)
		return false;
	for (int i = 0; i < COMM; i++)
		value[i] = load(&format->fields[i], data);
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
	       comm->size < TRACE_COMM_MAX ? comm->size : TRACE_COMM_MAX);
	return true;
}
