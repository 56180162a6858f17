/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include "common/command.h"
#include "common/complain.h"
#include "common/output.h"
#include "libbrkwatch/sink.h"

/* Follows processes until they end, a signal comes, or the time is over. */
struct following {
	const struct brkwatch *bw;
	struct outbuf *out;		/* what the sink prints to */
	struct listener listener;	/* without failed() */
	bool children;
	uint64_t duration_ms;		/* 0: no end */
	/*
	 * NULL, or a function that adds more to watch before the processes are read. Returns 0, a
	 * negative errno, or -ECANCELED after a complaint.
	 */
	int (*prepare)(void *owner, struct brkwatch_follower *follower, const pid_t *pids, size_t n);

	/* private: */
	struct brkwatch_follower *follower;
	struct launch command;
	struct launch *launch;		/* that one, if there is one */
	bool stopped, failed;
};

/* Follow these processes. Returns STATUS_OK or, after a complaint, STATUS_FAILED. */
enum exit_status follow_pids(struct following *following, const pid_t *pids, size_t n);

/*
 * Run a command and follow it from its first instruction. When the command has been started, @begin
 * (or NULL) is called with the sink's owner; if it returns false, the command is killed. Returns the
 * command's exit status, or one that says why it could not be run or followed.
 */
enum exit_status follow_command(struct following *following, char *const *command,
				bool (*begin)(void *owner));
