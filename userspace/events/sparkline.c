// SPDX-License-Identifier: GPL-2.0
#include <langinfo.h>
#include <string.h>

#include "events/sparkline.h"

#define LEVELS 8

static const char *const blocks[LEVELS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const others[LEVELS] = { "_", ".", ",", "-", "=", "+", "*", "#" };

char *trend_put(char *p, const struct trend *trend)
{
	const char *const *levels = strcmp(nl_langinfo(CODESET), "UTF-8") ? others : blocks;
	unsigned int n = trend->n < TREND_LENGTH ? trend->n : TREND_LENGTH;
	uint64_t high = 0;

	for (unsigned int i = 0; i < n; i++)
		high = trend->sizes[i] > high ? trend->sizes[i] : high;
	memset(p, ' ', TREND_LENGTH - n);
	p += TREND_LENGTH - n;
	for (unsigned int i = trend->n - n; i != trend->n; i++) {
		double share = high ? (double)trend->sizes[i % TREND_LENGTH] / (double)high : 0;
		unsigned int level = (unsigned int)(share * (LEVELS - 1) + 0.5);

		p = stpcpy(p, levels[level]);
	}
	return p;
}
