// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/wall-clock.h"
#include "libbrkwatch/internal.h"

/* The time between two readings of the clocks. If it is longer, we ask the module without need. */
#define NEAR_NS 100000

bool wall_add(struct wall *wall, uint64_t since, int64_t ns)
{
	if (wall->n && since <= wall->offsets[wall->n - 1].since)
		return false;
	if (wall->n == WALL_OFFSETS)
		memmove(wall->offsets, wall->offsets + 1, --wall->n * sizeof(*wall->offsets));
	wall->offsets[wall->n++] = (struct wall_offset){ since, ns };
	return true;
}

/* An older module does not say: then the first offset applies. */
static size_t ask(struct wall *wall, struct wall_offset now)
{
	struct brkwatch_stats *stats;
	const char *text = NULL;
	size_t added = 0;
	uint64_t since;
	int64_t ns;
	int len;

	if (!brkwatch_stats_open(&stats, wall->bw)) {
		text = brkwatch_stats_text(stats, "RealtimeOffsets");
		for (; text && sscanf(text, "%" SCNu64 "=%" SCNd64 "%n", &since, &ns, &len) == 2; text += len)
			added += wall_add(wall, since, ns);
		brkwatch_stats_close(stats);
	}
	return added ?: !wall->n && wall_add(wall, now.since, now.ns);
}

size_t wall_look(struct wall *wall, uint64_t ns)
{
	struct wall_offset now;
	struct timespec ts;

	if (ns <= wall->looked_ns || !wall->bw || !brkwatch_is_live(wall->bw))
		return 0;
	now.since = wall->looked_ns = clock_ns();
	clock_gettime(CLOCK_REALTIME, &ts);
	now.ns = ts.tv_sec * 1000000000LL + ts.tv_nsec - (int64_t)now.since;
	if (wall->n && llabs(now.ns - wall->offsets[wall->n - 1].ns) < NEAR_NS)
		return 0;
	return ask(wall, now);
}

uint64_t wall_time(const struct wall *wall, uint64_t ns)
{
	size_t i = wall->n;

	while (i-- > 1 && wall->offsets[i].since > ns)
		;
	return ns + (uint64_t)wall->offsets[i].ns;
}
