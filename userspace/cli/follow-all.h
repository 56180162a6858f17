/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/choose-processes.h"
#include "common/output.h"
#include "events/filter.h"
#include "libbrkwatch/sink.h"

/*
 * A source: the events of all processes, from now on, by the module's tracepoints, for which one
 * buffer serves all.
 */
struct follow_all {
	const struct brkwatch *bw;
	const struct selection *selection;	/* by what name, if it is to have one */
	const struct filter *filter;
	bool whole;			/* no event may be left out, whatever the filter says */
	uint64_t end_ms;		/* 0: none */
	struct outbuf *out;		/* what the sink prints to */
	struct listener listener;
	/* So many events were lost, and nobody knows of which processes. */
	void (*lost)(void *owner, uint64_t count, bool others);
};

/* Until a signal, if not before. Returns 0; -ECANCELED after a complaint; or another negative errno. */
int follow_all(const struct follow_all *what);
