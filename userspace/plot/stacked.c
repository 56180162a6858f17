// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/by-pid.h"
#include "common/complain.h"
#include "plot/gnuplot.h"
#include "plot/stacked.h"

#define LAYERS_MAX 16

struct holder {
	struct pid_entry entry;
	uint64_t held[LAYERS_MAX];
};

struct stack {
	struct plot *plot;
	struct pid_table processes;
	uint64_t held[LAYERS_MAX];	/* by all of them */
};

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name)) ?: "";
}

/* Where a process of many is named, it is by their number. */
static void take_name(struct stack *stack, uint64_t pid, struct json_object *args)
{
	struct plot *plot = stack->plot;
	char name[sizeof(plot->processes[0].name)];
	const size_t n = stack->processes.n;

	(void)pid_get(&stack->processes, pid, sizeof(struct holder));
	if (stack->processes.n > 1 && stack->processes.n == n)
		return;
	snprintf(name, sizeof(name), "%s", text_of(args, "name"));
	gnuplot_clean(name, PLOT_NAME_MAX);
	snprintf(plot->title, sizeof(plot->title), "%s %" PRIu64, name, pid);
	if (stack->processes.n > 1)
		snprintf(plot->title, sizeof(plot->title), "%zu processes", stack->processes.n);
}

/* LAYERS_MAX: there is no room for another. */
static size_t layer_of(struct plot *plot, const char *name)
{
	struct plot_process *layer;
	size_t i = 0;

	while (i < plot->n_processes && strcmp(plot->processes[i].name, name) != 0)
		i++;
	if (i < plot->n_processes || i == LAYERS_MAX)
		return i;
	layer = &plot->processes[plot->n_processes++];
	snprintf(layer->name, sizeof(layer->name), "%s", name);
	gnuplot_clean(layer->name, PLOT_NAME_MAX);
	layer->newest = &plot->spaces[i];
	/* Sizes, no addresses. */
	plot->spaces[plot->n_spaces++] = (struct plot_space){ .process = layer, .start = 1 };
	return i;
}

/* What they hold now, in the picture. */
static void draw_layers(struct plot *plot, const struct stack *stack)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < plot->n_processes; i++) {
		struct plot_space *space = &plot->spaces[i];

		sum += stack->held[i];
		space->last = (struct step){ plot->last_ns, sum };
		if (plot->processes[i].most < stack->held[i])
			plot->processes[i].most = stack->held[i];
		steps_add(&space->steps, &space->last, false, plot_limit(plot));
	}
}

static void take_counter(struct stack *stack, const char *name, uint64_t pid, uint64_t bytes)
{
	struct holder *holder = pid_get(&stack->processes, pid, sizeof(*holder));
	const size_t layer = layer_of(stack->plot, name);

	if (layer == LAYERS_MAX)
		return;
	stack->held[layer] += bytes - holder->held[layer];
	holder->held[layer] = bytes;
}

static void take_event(struct stack *stack, struct json_object *event)
{
	struct plot *plot = stack->plot;
	struct json_object *args = json_object_object_get(event, "args");
	const uint64_t pid = json_object_get_uint64(json_object_object_get(event, "pid"));
	const double ns = json_object_get_double(json_object_object_get(event, "ts")) * 1000;
	const char phase = *text_of(event, "ph"), *reason = text_of(args, "reason");

	if (phase == 'M' && !strcmp(text_of(event, "name"), "process_name"))
		take_name(stack, pid, args);
	if ((phase != 'C' && phase != 'i') || !(ns >= 0 && ns < 0x1p63))
		return;
	/* Those of several processes need not be in order. Counters of one time are one change. */
	if (plot->last_ns < (uint64_t)ns) {
		draw_layers(plot, stack);
		plot->last_ns = (uint64_t)ns;
	}
	if (plot->first_ns > plot->last_ns)
		plot->first_ns = plot->last_ns;
	if (phase == 'C') {
		take_counter(stack, text_of(event, "name"), pid,
			     json_object_get_uint64(json_object_object_get(args, "bytes")));
	} else if (plot->n_spaces) {
		draw_layers(plot, stack);
		plot_refusal(plot, &plot->spaces[plot->n_spaces - 1], *reason ? reason : text_of(args, "error"));
	}
}

/* Between the first line and the last one an event each, after a comma. */
static bool take_line(struct stack *stack, const char *line)
{
	struct json_object *event;
	bool ok;

	if (strstr(line, "\"traceEvents\":[") || !strcmp(line, "]}"))
		return true;
	event = json_tokener_parse(line + (*line == ','));
	ok = json_object_is_type(event, json_type_object);
	if (ok)
		take_event(stack, event);
	json_object_put(event);
	return ok;
}

static void forget(void *owner, void *entry)
{
	pid_drop(owner, entry);
}

bool stacked_read(struct plot *plot, FILE *file, const char *name)
{
	struct stack *stack = needed(calloc(1, sizeof(*stack)));
	unsigned long number = 0;
	struct stat st;
	char *line = NULL;
	size_t room = 0;
	bool ok = true;

	stack->plot = plot;
	plot->stacked = true;
	while (ok && getline(&line, &room, file) > 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		ok = take_line(stack, line);
	}
	free(line);
	/* brkwatch-malloc tries whether a picture is possible with /dev/null. */
	if (!number && !fstat(fileno(file), &st) && !S_ISCHR(st.st_mode))
		ok = false;
	if (ferror(file))
		warn_user("cannot read %s: %s", name, strerror(errno));
	else if (!ok)
		warn_user("%s: line %lu is not from brkwatch-malloc --perfetto; make a trace with "
			  "brkwatch-malloc --perfetto FILE PID", name, number ?: 1);
	ok &= !ferror(file);
	draw_layers(plot, stack);
	pid_visit(&stack->processes, forget, &stack->processes);
	free(stack);
	return ok;
}
