// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/json.h"
#include "common/signals.h"
#include "malloc/perfetto.h"

#define PLOT "brkwatch-plot"

/* ---- events ---- */

static void add_text(struct json_object *obj, const char *name, const char *text)
{
	json_object_object_add(obj, name, json_object_new_string(text));
}

/* In microseconds, as the format has it, with three digits for what is less. */
static void add_time(struct json_object *obj, const char *name, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
	json_object_object_add(obj, name, json_object_new_double_s((double)ns / 1000, text));
}

static struct json_object *new_event(const char *phase, const char *name, uint64_t pid, struct json_object *args)
{
	struct json_object *obj = json_object_new_object();

	add_text(obj, "ph", phase);
	add_text(obj, "name", name);
	json_add_number(obj, "pid", pid);
	json_object_object_add(obj, "args", args);
	return obj;
}

static void put(struct perfetto *perfetto, struct json_object *obj)
{
	outbuf_puts(perfetto->out, perfetto->any ? "," : "");
	perfetto->any = true;
	json_write(perfetto->out, obj);
}

void perfetto_name(struct perfetto *perfetto, uint64_t pid, const char *name)
{
	struct json_object *args;

	if (!perfetto->out || !name)
		return;
	args = json_object_new_object();
	json_add_name(args, "name", name, false);
	put(perfetto, new_event("M", "process_name", pid, args));
}

static struct json_object *args_of(const struct call *call)
{
	struct json_object *args = json_object_new_object();
	char prot[4];

	add_text(args, "kind", kind_names[call->what.kind]);
	if (call->what.guess)
		json_object_object_add(args, "guess", json_object_new_boolean(true));
	if (call->what.file)
		json_add_name(args, "file", call->what.file, false);
	json_add_address(args, "addr", call->error ? call->request : call->addr);
	json_object_object_add(args, "bytes", json_object_new_int64(call->bytes));
	if (call->id != CALL_BRK)
		json_add_number(args, "length", call->id == CALL_MREMAP ? call->new_length : call->length);
	if (call->id == CALL_MMAP || call->id == CALL_MPROTECT) {
		prot_text(call->prot, prot);
		add_text(args, "prot", prot);
	}
	if (call->error)
		add_text(args, "error", strerrorname_np(call->error) ?: "?");
	if (call->reason)
		add_text(args, "reason", call->reason);
	if (call->by)
		add_text(args, "by", call->by);
	if (call->caller)
		json_add_name(args, "caller", call->caller, false);
	if (call_has_limit(call) && call->needed) {
		json_add_number(args, "limit", call->limit);
		json_add_number(args, "needed", call->needed);
	}
	return args;
}

void perfetto_call(struct perfetto *perfetto, const struct call *call)
{
	struct json_object *obj, *args;
	char name[64];

	if (!perfetto->out)
		return;
	args = args_of(call);
	obj = new_event("X", call_names[call->id], call->pid, json_object_get(args));
	json_add_number(obj, "tid", call->tid);
	add_text(obj, "cat", kind_names[call->what.kind]);
	add_time(obj, "ts", call->time_ns - call->took_ns);
	add_time(obj, "dur", call->took_ns);
	put(perfetto, obj);
	if (call_is_refused(call)) {
		snprintf(name, sizeof(name), "%s refused: %s", call_names[call->id],
			 call->reason ?: strerrorname_np(call->error) ?: "?");
		obj = new_event("i", name, call->pid, json_object_get(args));
		json_add_number(obj, "tid", call->tid);
		add_text(obj, "cat", "refused");
		add_text(obj, "s", "t");
		add_time(obj, "ts", call->time_ns);
		put(perfetto, obj);
	}
	json_object_put(args);
}

void perfetto_counters(struct perfetto *perfetto, struct counters *counters, uint64_t pid, uint64_t ns,
		       const struct space *space)
{
	if (!perfetto->out)
		return;
	for (enum kind kind = 0; kind < KINDS; kind++) {
		const uint64_t held = space ? space->tally[kind].held : 0;
		struct json_object *args, *obj;

		/* At first all, so that they are in the same order everywhere. */
		if (counters->shown && counters->held[kind] == held)
			continue;
		counters->held[kind] = held;
		args = json_object_new_object();
		json_add_number(args, "bytes", held);
		obj = new_event("C", kind_names[kind], pid, args);
		add_time(obj, "ts", ns);
		put(perfetto, obj);
	}
	counters->shown = true;
}

/* ---- the picture ---- */

/* The one that is beside us, or else one of the path. It reads a recording from @in. */
static bool draw(int in, const char *picture)
{
	char path[4096];
	const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof(PLOT));
	int status = -1;
	char *slash;
	pid_t pid;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		memcpy(slash + 1, PLOT, sizeof(PLOT));
	pid = fork();
	if (!pid) {
		signals_restore();
		if (dup2(in, STDIN_FILENO) >= 0) {
			if (slash)
				execl(path, PLOT, "--stacked", "--input", "-", "--output", picture, NULL);
			execlp(PLOT, PLOT, "--stacked", "--input", "-", "--output", picture, NULL);
		}
		warn_user("--plot needs " PLOT ", which cannot be run: %s", strerror(errno));
		_exit(STATUS_COMMAND_ABSENT);
	}
	if (pid < 0)
		warn_user("cannot start " PLOT ": %s", strerror(errno));
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !status;
}

/* It looks at that first, and of nothing draws nothing. */
bool picture_possible(const char *picture)
{
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const bool ok = null >= 0 && draw(null, picture);

	if (null >= 0)
		close(null);
	else
		warn_user("cannot open /dev/null: %s", strerror(errno));
	return ok;
}

/* ---- the file ---- */

/* For a picture only. The trace of hours is large: where possible it is on a disk, not in memory. */
static int open_unnamed(void)
{
	int fd = open(getenv("TMPDIR") ?: "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = memfd_create("trace", MFD_CLOEXEC);
	if (fd < 0)
		warn_user("cannot keep the trace for the picture: %s", strerror(errno));
	return fd;
}

bool perfetto_open(struct perfetto *perfetto, const char *file)
{
	perfetto->named = file;
	if (!file)
		perfetto->file.fd = open_unnamed();
	if (file ? !newfile_open(&perfetto->file, file) : perfetto->file.fd < 0)
		return false;
	perfetto->out = needed(calloc(1, sizeof(*perfetto->out)));
	perfetto->out->fd = perfetto->file.fd;
	outbuf_puts(perfetto->out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
	return true;
}

bool perfetto_close(struct perfetto *perfetto, bool whole, const char *picture)
{
	const int fd = perfetto->file.fd;
	bool ok;
	int rc;

	if (!perfetto->out)
		return true;
	outbuf_puts(perfetto->out, "]}\n");
	rc = outbuf_flush(perfetto->out);
	free(perfetto->out);
	perfetto->out = NULL;
	if (rc)
		warn_user("cannot write %s: %s", perfetto->named ? perfetto->file.file : "the trace for the picture", strerror(-rc));
	whole &= !rc;
	ok = whole && (!picture || (!lseek(fd, 0, SEEK_SET) && draw(fd, picture)));
	if (perfetto->named)
		return newfile_close(&perfetto->file, whole) && ok;
	close(fd);
	return ok;
}
