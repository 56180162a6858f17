// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/c-library.h"
#include "common/command.h"
#include "common/utf8.h"
#include "explain/beside.h"
#include "explain/sentences.h"

struct asked {
	struct notes *notes;
	const struct explain_how *how;
	pid_t task;
};

static void __attribute__((format(printf, 4, 5)))
add_note(const struct asked *a, const char *name, const char *advice, const char *fmt, ...)
{
	struct note *note = &a->notes->notes[a->notes->n++];
	va_list ap;

	note->name = name;
	note->advice = advice;
	va_start(ap, fmt);
	vsnprintf(note->text, sizeof(note->text), fmt, ap);
	va_end(ap);
	text_clean(note->text);
}

static uint64_t status_number(const struct asked *a, const char *key)
{
	uint64_t value = 0;

	live_numbers(live_open(a->how, "%d/status", a->task), key, &value, 1);
	return value;
}

static void look_at_seccomp(const struct asked *a)
{
	uint64_t mode = status_number(a, "Seccomp:");

	if (mode)
		add_note(a, "seccomp", "strace shows its answers; the kernel log or the audit log shows "
			 "what it killed.", "a seccomp filter (mode %" PRIu64 ") may answer a call of "
			 "brk or kill the process for it, before the kernel sees it", mode);
}

static void look_at_tracer(const struct asked *a)
{
	uint64_t tracer = status_number(a, "TracerPid:");
	char name[32] = "", self[32] = "";
	FILE *file;

	live_link(a->how, "self", self, sizeof(self));
	/* A command that we start is ours until it runs. */
	if (!tracer || tracer == strtoull(self, NULL, 10))
		return;
	file = live_open(a->how, "%" PRIu64 "/comm", tracer);
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	add_note(a, "tracer", "Only the tracer knows what it does to calls.",
		 "traced by %" PRIu64 " (%s), which may change calls or answer them", tracer,
		 *name ? name : "?");
}

static void look_at_emulator(const struct asked *a)
{
	char exe[4096], path[32];
	const char *base;

	snprintf(path, sizeof(path), "%d/exe", a->task);
	if (!live_link(a->how, path, exe, sizeof(exe)))
		return;
	base = strrchr(exe, '/');
	base = base ? base + 1 : exe;
	if ((!strncmp(base, "qemu-", 5) && strncmp(base, "qemu-system-", 12) != 0) ||
	    strstr(exe, "/valgrind/"))
		add_note(a, "emulator", "qemu-user's -strace and valgrind's --trace-syscalls=yes show "
			 "what it answers.", "%.64s runs a program that has a break of its own, "
			 "which is not this one", base);
}

static void look_at_cgroup(const struct asked *a)
{
	const uint64_t kills = oom_kills(live_open(a->how, "%d/cgroup", a->task));

	if (kills)
		add_note(a, "oom_kill", "brk only promises memory; memory.max limits the memory in use, and "
			 "the kernel kills a process of a cgroup that exceeds it.", "the memory cgroup has killed %" PRIu64
			 " time%s (oom_kill); this can happen although every brk succeeded", kills, kills == 1 ? "" : "s");
}

static void look_at_musl(const struct asked *a)
{
	FILE *file = live_open(a->how, "%d/maps", a->task);
	char *line = NULL;
	bool found = false;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0)
		found = is_musl(line);
	if (file)
		fclose(file);
	free(line);
	if (found)
		add_note(a, "musl", "A program that needs sbrk needs another C library.",
			 "musl's sbrk makes no call, and fails for every argument but 0");
}

void notes_explain(const struct notes *notes, struct outbuf *out)
{
	for (size_t i = 0; i < notes->n; i++) {
		struct prose prose = { .len = 0 };

		prose_add(&prose, "Note: %s. %s", notes->notes[i].text, notes->notes[i].advice);
		prose_put(out, prose.text);
	}
}

void notes_read(struct notes *notes, const struct explain_how *how,
		const struct brkwatch_snapshot *snap)
{
	static void (*const look[NOTES_MAX])(const struct asked *a) = {
		look_at_seccomp, look_at_tracer, look_at_emulator, look_at_cgroup, look_at_musl,
	};
	const struct asked asked = { .notes = notes, .how = how, .task = live_task(how, snap) };

	notes->known = false;
	notes->n = 0;
	if (!asked.task)
		return;
	for (size_t i = 0; i < NOTES_MAX; i++)
		look[i](&asked);
	notes->known = live_is_same(how, snap);
	if (!notes->known)
		notes->n = 0;
}
