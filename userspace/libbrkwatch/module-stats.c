// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libbrkwatch/module-stats.h"

bool modstats_read(struct modstats *stats, const struct options *opts)
{
	size_t room = 0;
	char *path, *end;
	FILE *file;
	ssize_t n;

	*stats = (struct modstats){ .probes = "" };
	if (asprintf(&path, "%s/stats", opts->proc_dir) < 0) {
		warn_user("%s", strerror(ENOMEM));
		return false;
	}
	errno = 0;
	file = fopen(path, "re");
	free(path);
	n = file ? getdelim(&stats->text, &room, '\0', file) : -1;
	if (n < 0)
		warn_user("%s/stats: %s", opts->proc_dir, errno ? strerror(errno) : "is empty");
	if (file)
		fclose(file);
	if (n < 0) {
		free(stats->text);
		return false;
	}
	end = strstr(stats->text, "\n\n");
	if (end) {
		end[1] = '\0';
		stats->probes = end + 2;
	}
	return true;
}

void modstats_free(struct modstats *stats)
{
	free(stats->text);
}

const char *modstats_find(const struct modstats *stats, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = stats->text; *line; line++) {
		if (!strncmp(line, key, len) && !strncmp(line + len, ":\t", 2))
			return line + len + 2;
		line = strchrnul(line, '\n');
		if (!*line)
			break;
	}
	return NULL;
}

bool modstats_number(const struct modstats *stats, const char *key, uint64_t *value)
{
	const char *text = modstats_find(stats, key);
	char *end;

	if (!text || !isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && (*end == '\n' || !*end);
}

bool modstats_totals(const struct modstats *stats, struct counts *totals)
{
	return modstats_number(stats, "TotalCalls", &totals->calls) &&
	       modstats_number(stats, "TotalRefused", &totals->refused) &&
	       modstats_number(stats, "TotalGrownBytes", &totals->grown_bytes) &&
	       modstats_number(stats, "TotalShrunkBytes", &totals->shrunk_bytes);
}
