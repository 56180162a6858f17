/* cc example-follow.c $(pkg-config --cflags --libs brkwatch) && ./a.out PID: each event, until PID ends. */
#include <brkwatch.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print(void *failed, struct brkwatch_process *process, struct brkwatch_event *event)
{
	const char *kind = brkwatch_kind_name(brkwatch_event_kind(event));
	uint64_t brk;
	int64_t delta;

	(void)failed;
	if (!brkwatch_event_unsigned(event, BRKWATCH_NEW, &brk) ||
	    !brkwatch_event_signed(event, BRKWATCH_DELTA_BYTES, &delta))
		return -EPROTO;
	printf("%" PRIu64 " %s %#018" PRIx64 " %" PRId64 "\n", brkwatch_process_snapshot(process)->pid,
	       kind ? kind : "other", brk, delta);
	return fflush(stdout) ? -errno : 0;
}

static void complain(void *failed, pid_t pid, int error, const char *problem)
{
	fprintf(stderr, "%d: %s\n", pid, error == -EPROTO ? problem : strerror(-error));
	*(int *)failed = 1;
}

int main(int argc, char **argv)
{
	const struct brkwatch_sink sink = { .event = print };
	struct brkwatch_follower *follower = NULL;
	struct brkwatch *bw = NULL;
	int failed = 0, rc;

	if ((rc = brkwatch_open(&bw, argc > 2 ? argv[2] : NULL)) ||
	    (rc = brkwatch_follower_new(&follower, bw, &sink, &failed, BRKWATCH_CHILDREN)))
		return fprintf(stderr, "%s\n", strerror(-rc)), 1;
	brkwatch_follower_on_failure(follower, complain, &failed);
	rc = brkwatch_follower_add(follower, argc > 1 ? atoi(argv[1]) : 0);
	if (!rc)
		while ((rc = brkwatch_follower_step(follower, -1)) > 0)
			;
	if (rc)
		complain(&failed, 0, rc, "not understood");
	brkwatch_follower_free(follower);
	brkwatch_close(bw);
	return failed;
}
