// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/complain.h"
#include "common/format-number.h"
#include "common/json.h"
#include "common/utf8.h"
#include "malloc/print.h"

#define FILE_MAX	4096

/* ---- a call, for programs ---- */

enum field {
	CALL, PID, TID, TIME_NS, TOOK_NS, ADDR, BYTES, PROT, FLAGS, FILE_NAME, KIND, GUESS, ERROR, REASON,
	LIMIT, NEEDED, TOTAL_BYTES, REQUEST, LENGTH, NEW_LENGTH, OLD, START, BY,
	CALLER, FIELDS,
};

/* What JSON and CSV have of a call. */
static const struct {
	const char *name;
	bool text;		/* not a number, or true or false */
} fields[FIELDS] = {
	[CALL] = { "call", true }, [PID] = { "pid", false }, [TID] = { "tid", false },
	[TIME_NS] = { "time_ns", false }, [TOOK_NS] = { "took_ns", false }, [ADDR] = { "addr", true },
	[BYTES] = { "bytes", false }, [PROT] = { "prot", true }, [FLAGS] = { "flags", true },
	[FILE_NAME] = { "file", true }, [KIND] = { "kind", true }, [GUESS] = { "guess", false },
	[ERROR] = { "error", true }, [REASON] = { "reason", true }, [LIMIT] = { "limit", false },
	[NEEDED] = { "needed", false }, [TOTAL_BYTES] = { "total_bytes", false },
	[REQUEST] = { "request", true }, [LENGTH] = { "length", false },
	[NEW_LENGTH] = { "new_length", false }, [OLD] = { "old", true }, [START] = { "start", true },
	[BY] = { "by", true }, [CALLER] = { "caller", true },
};

static bool put_number(char *text, uint64_t value)
{
	*put_u64(text, value) = '\0';
	return true;
}

static bool put_address(char *text, uint64_t address)
{
	*put_hex16(text, address) = '\0';
	return true;
}

static bool put_text(char *text, const char *from)
{
	if (from)
		snprintf(text, FILE_MAX, "%s", from);
	return from;
}

/* @text has FILE_MAX. False: the call has none. */
static bool put_field(char *text, const struct call *call, enum field field)
{
	const bool is_brk = call->id == CALL_BRK;

	switch (field) {
	case CALL:
		return put_text(text, call_names[call->id]);
	case PID:
		return put_number(text, call->pid);
	case TID:
		return put_number(text, call->tid);
	case TIME_NS:
		return put_number(text, call->time_ns);
	case TOOK_NS:
		return put_number(text, call->took_ns);
	case ADDR:
		return !call->error && put_address(text, call->addr);
	case BYTES:
		*put_s64(text, call->bytes) = '\0';
		return true;
	case PROT:
		prot_text(call->prot, text);
		return call->id == CALL_MMAP || call->id == CALL_MPROTECT;
	case FLAGS:
		flags_text(call, text);
		return call->id == CALL_MMAP || call->id == CALL_MREMAP || call->id == CALL_MADVISE;
	case FILE_NAME:
		return put_text(text, call->what.file);
	case KIND:
		return put_text(text, kind_names[call->what.kind]);
	case GUESS:
		return put_text(text, call->what.guess ? "true" : "false");
	case ERROR:
		return call->error && put_text(text, strerrorname_np(call->error));
	case REASON:
		return put_text(text, call->reason);
	case LIMIT:
		return call_has_limit(call) && put_number(text, call->limit);
	case NEEDED:
		return call->needed && put_number(text, call->needed);
	case TOTAL_BYTES:
		return put_number(text, call->total);
	case REQUEST:
		return put_address(text, call->request);
	case LENGTH:
		return !is_brk && put_number(text, call->length);
	case NEW_LENGTH:
		return call->id == CALL_MREMAP && put_number(text, call->new_length);
	case OLD:
		return is_brk && put_address(text, call->old);
	case START:
		return is_brk && put_address(text, call->start);
	case BY:
		return put_text(text, call->by);
	case CALLER:
		return put_text(text, call->caller);
	case FIELDS:
		break;
	}
	return false;
}

static void json_string(struct outbuf *out, const char *text)
{
	char valid[FILE_MAX * sizeof(UTF8_REPLACEMENT)];
	struct json_object *string;

	*utf8_copy(valid, text, UTF8_REPLACEMENT, NULL) = '\0';
	string = json_object_new_string(valid);
	outbuf_puts(out, json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(string);
}

static void json_call(struct outbuf *out, const struct call *call)
{
	char text[FILE_MAX];

	outbuf_puts(out, "{\"type\":\"call\"");
	for (enum field field = 0; field < FIELDS; field++) {
		const bool known = put_field(text, call, field);

		outbuf_printf(out, ",\"%s\":", fields[field].name);
		if (known && fields[field].text)
			json_string(out, text);
		else
			outbuf_puts(out, known ? text : "null");
	}
	outbuf_puts(out, "}\n");
}

static void csv_text(struct outbuf *out, const char *text)
{
	const bool quoted = text[strcspn(text, ",\"\n\r")];

	if (!quoted) {
		outbuf_puts(out, text);
		return;
	}
	outbuf_puts(out, "\"");
	for (; *text; text++)
		outbuf_printf(out, *text == '"' ? "\"\"" : "%c", *text);
	outbuf_puts(out, "\"");
}

static void csv_call(struct outbuf *out, const struct call *call)
{
	char text[FILE_MAX];

	for (enum field field = 0; field < FIELDS; field++) {
		outbuf_puts(out, field ? "," : "");
		if (put_field(text, call, field))
			csv_text(out, text);
	}
	outbuf_puts(out, "\n");
}

/* ---- for people ---- */

/* A limit, or what was needed: a size, a number or an address. */
static struct number amount_text(const struct call *call, uint64_t value, bool bytes)
{
	struct number n = { .text = "" };

	if (call_is_of_addresses(call))
		return address_text(value);
	if (strcmp(call->reason, "max_map_count") != 0)
		return size_text(value, bytes);
	*put_u64(n.text, value) = '\0';
	return n;
}

/* With the numbers of it, which for two reasons are counts of what there was. */
static void reason_text(char *text, size_t size, const struct call *call, bool bytes)
{
	const char *reason = call->reason ?: "";

	if (!strcmp(reason, "no_memory") && call->limit)
		snprintf(text, size, "%s: %" PRIu64 " mappings, %" PRIu64 " pages promised", reason, call->limit,
			 call->needed);
	else if (!strcmp(reason, "unmap") && call->limit)
		snprintf(text, size, "%s: %" PRIu64 " mappings", reason, call->limit);
	else if (*reason && call->needed && call_has_limit(call))
		snprintf(text, size, "%s: %s, may be %s", reason, amount_text(call, call->needed, bytes).text,
			 amount_text(call, call->limit, bytes).text);
	else
		snprintf(text, size, "%s", reason);
}

/* Bytes of 128 TiB have 15 digits and a sign. */
static int size_width(const struct style *style)
{
	return style->bytes ? 16 : 12;
}

static void text_call(struct outbuf *out, const struct style *style, const struct call *call)
{
	const uint64_t size = call->bytes < 0 ? -(uint64_t)call->bytes : (uint64_t)call->bytes;
	const bool moves = call->id == CALL_MMAP || call->id == CALL_MREMAP || call->id == CALL_BRK;
	char change[TEXT_NUMBER_MAX + 1], kind[16], note[FILE_MAX] = "";

	snprintf(change, sizeof(change), "%s%s", call->bytes < 0 ? "-" : call->bytes ? "+" : "",
		 size_text(size, style->bytes).text);
	snprintf(kind, sizeof(kind), "%s%s", kind_names[call->what.kind], call->what.guess ? "?" : "");
	if (call_is_refused(call)) {
		snprintf(change, sizeof(change), "%s", call->error ? strerrorname_np(call->error) ?: "?" : "refused");
		reason_text(note, sizeof(note), call, style->bytes);
	} else if (call->what.file) {
		snprintf(note, sizeof(note), "%s", call->what.file);
	} else if (call->id == CALL_MADVISE || call->id == CALL_MPROTECT) {
		if (call->id == CALL_MADVISE)
			flags_text(call, note);
		else
			prot_text(call->prot, note);
		snprintf(note + strlen(note), sizeof(note) - strlen(note), " %s",
			 size_text(call->length, style->bytes).text);
	}
	if (call->tid && call->tid != call->pid)
		snprintf(note + strlen(note), sizeof(note) - strlen(note), "%stid %" PRIu64, *note ? ", " : "", call->tid);
	if (call->by)
		snprintf(note + strlen(note), sizeof(note) - strlen(note), "%s%s from %s", *note ? ", " : "", call->by,
			 call->caller ?: "?");
	text_clean(note);
	outbuf_printf(out, "%7" PRIu64 " %15s %-8s %*s 0x%016" PRIx64 " %*s %s%s%s\n", call->pid,
		      seconds_text(call->time_ns).text, call_names[call->id], size_width(style), change,
		      moves && !call_is_refused(call) ? call->addr : call->request,
		      size_width(style), size_text(call->total, style->bytes).text, kind, *note ? " " : "", note);
}

void print_head(struct printer *printer)
{
	struct outbuf *out = printer->out;

	if (printer->began || printer->style.quiet || printer->style.no_calls)
		return;
	printer->began = true;
	if (printer->style.format == FORMAT_TEXT)
		outbuf_printf(out, "%7s %15s %-8s %*s %-18s %*s %s\n", "PID", "TIME", "CALL",
			      size_width(&printer->style), "SIZE", "ADDRESS", size_width(&printer->style), "TOTAL", "KIND");
	for (enum field i = 0; printer->style.format == FORMAT_CSV && i < FIELDS; i++)
		outbuf_printf(out, "%s%s", fields[i].name, i + 1 < FIELDS ? "," : "\n");
}

void print_call(struct printer *printer, const struct call *call)
{
	print_head(printer);
	switch (printer->style.format) {
	case FORMAT_JSON:
		json_call(printer->out, call);
		break;
	case FORMAT_CSV:
		csv_call(printer->out, call);
		break;
	case FORMAT_TEXT:
		text_call(printer->out, &printer->style, call);
		break;
	}
}

/* ---- what is between calls ---- */

void print_mapping(struct printer *printer, uint64_t pid, uint64_t start, uint64_t end,
		   const struct what *what)
{
	struct json_object *obj;

	if (printer->style.format != FORMAT_JSON || printer->style.no_calls)
		return;
	obj = json_line("mapping");
	json_add_number(obj, "pid", pid);
	json_add_address(obj, "start", start);
	json_add_address(obj, "end", end);
	json_object_object_add(obj, "kind", json_object_new_string(kind_names[what->kind]));
	json_object_object_add(obj, "guess", json_object_new_boolean(what->guess));
	if (what->reserved)
		json_object_object_add(obj, "reserved", json_object_new_boolean(true));
	if (what->file)
		json_add_name(obj, "file", what->file, false);
	json_write(printer->out, obj);
}

void print_news(struct printer *printer, const char *type, uint64_t pid, uint64_t parent,
		const char *name, uint64_t time_ns)
{
	static const struct {
		const char *type, *words;
	} texts[] = { { "start", "" }, { "exec", ": exec" }, { "end", ": has ended" } };
	char clean[FILE_MAX];
	struct json_object *obj;

	if (printer->style.no_calls)
		return;
	print_head(printer);
	if (printer->style.format == FORMAT_JSON) {
		obj = json_line(type);
		json_add_number(obj, "pid", pid);
		if (parent)
			json_add_number(obj, "parent", parent);
		if (name)
			json_add_name(obj, "name", name, false);
		if (time_ns)
			json_add_number(obj, "time_ns", time_ns);
		json_write(printer->out, obj);
	}
	for (size_t i = 0; printer->style.format == FORMAT_TEXT && !printer->style.quiet && i < 3; i++) {
		if (strcmp(type, texts[i].type) != 0)
			continue;
		snprintf(clean, sizeof(clean), "%s", name ?: "?");
		text_clean(clean);
		outbuf_printf(printer->out, "... %" PRIu64 " %s%s\n", pid, clean, texts[i].words);
	}
}

/* After a loss, once what is mapped was read. */
void print_known(struct printer *printer, uint64_t pid, const char *name, uint64_t lost, uint64_t total)
{
	char clean[FILE_MAX];
	struct json_object *obj;

	if (printer->style.no_calls)
		return;
	if (printer->style.format == FORMAT_JSON) {
		obj = json_line("known");
		json_add_number(obj, "pid", pid);
		json_add_number(obj, "lost", lost);
		json_add_number(obj, "total_bytes", total);
		json_write(printer->out, obj);
	} else if (printer->style.format == FORMAT_TEXT) {
		snprintf(clean, sizeof(clean), "%s", name ?: "?");
		text_clean(clean);
		outbuf_printf(printer->out, "... %" PRIu64 " %s: %" PRIu64 " events lost; the mappings were read "
			      "again, so the total is right from here on: %s\n", pid, clean, lost,
			      size_text(total, printer->style.bytes).text);
	}
}

void print_lost(struct printer *printer, uint64_t count, bool known)
{
	struct json_object *obj;

	if (printer->style.format != FORMAT_JSON) {
		warn_user("%" PRIu64 " events were lost because the kernel's buffer was full; %s", count,
			  known ? "the mappings were read again after that" : "the totals may be wrong");
		return;
	}
	obj = json_line("lost");
	json_add_number(obj, "count", count);
	json_object_object_add(obj, "known", json_object_new_boolean(known));
	json_write(printer->out, obj);
}
