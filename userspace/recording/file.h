/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BRKWATCH_FILE_H
#define BRKWATCH_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "common/output.h"

/* A recording, or a pipe that somebody may be writing one to yet. */
struct recording_file {
	FILE *stream;		/* what is read */
	FILE *file;
	struct outbuf *out;	/* what has been printed is not kept back while there is nothing to read */
	int fd, stop_fd;
	bool stopped;		/* by a signal, or as nobody reads the output */
};

/*
 * Open it; "-" is stdin. @output, or NULL, must not be the same file, as it would be empty before
 * it is read. False: after a complaint.
 */
bool recording_open(struct recording_file *recording, const char *name, const char *output,
		    struct outbuf *out);

/* From here on signals end it, if it is a pipe. */
void recording_watch(struct recording_file *recording);

void recording_close(struct recording_file *recording);

#endif
