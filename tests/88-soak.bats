# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# All limits reached at once: nothing is lost without being counted.

load helper

setup_file() {
	export PYTHONPATH=$ROOT/tests PYTHONDONTWRITEBYTECODE=1
}

teardown_file() {
	cpus "$BRKWATCH_CPUS"
}

teardown() {
	cpus 1
	unload_leftover
	judge_log
}

# soak CPUS SECONDS LIMIT PARAMETER...: more calls at a time than may be followed,
# more events than a history has, readers and one who does not read, and more
# processes than PARAMETER allows, which LIMIT of stats counts.
soak() {
	local cpus=$1 seconds=$2 limit=$3
	shift 3
	load_module maxactive=16 history=2 memory=1 exited=65536 "$@"
	cpus "$cpus"
	# What Python allocates is no call meanwhile.
	MALLOC_TOP_PAD_=$((64 << 20)) MALLOC_TRIM_THRESHOLD_=$((128 << 20)) python3 - "$cpus" "$seconds" "$limit" <<-'END'
	import errno, os, select, sys, time
	from proctext import *
	cpus, seconds, limit = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

	def lost():
	    now = stats()
	    return now["LostNoRecord"], now["LostMissed"] + now["TotalLost"]

	own = look(os.getpid())
	program = Program("soak", "48", env={"PATH": os.environ["PATH"]})
	end = time.monotonic() + seconds
	begun = lost()
	children = [int(said.split()[1]) for said in program.said if said.startswith("child")]
	program.process.stdin.write("x")
	program.process.stdin.flush()
	poll = select.poll()
	followed = []
	for pid in children:
	    try:
	        followed.append(open_file(f"{PROC}/{pid}"))
	    except OSError as error:
	        # One that there was no record for.
	        assert error.errno == errno.ENOMEM, error
	for fd in followed:
	    poll.register(fd, select.POLLIN)
	poll.poll(0)
	shown = {fd: 0 for fd in followed}

	def read_news(fd):
	    text = reread(fd)
	    # One that was cut short goes on where it ended.
	    news = [int(event["seq"]) for event in text.events]
	    if news:
	        assert text["Dropped"] + shown[fd] == news[0] - 1, (shown[fd], text.head)
	        assert news == list(range(news[0], news[-1] + 1)), news
	    shown[fd] += len(news)
	    return text

	while time.monotonic() < end:
	    for fd in followed[1:]:
	        read_news(fd)
	    table("all")
	    time.sleep(0.1)
	program.process.stdin.write("x")
	program.process.stdin.flush()
	made = int(program.process.stdout.readline().split()[1])
	if limit == "LostNoRecord":
	    # Too many for what there is of records.
	    crowd = Program("crowd", "stay", "300", "7", env={"PATH": os.environ["PATH"]})
	    children += [int(said.split()[1]) for said in crowd.said if said.startswith("child")]
	    made += 2100
	until(names_differ, 30)
	assert look(os.getpid())["Calls"] == own["Calls"] and look(os.getpid())["Brk"] == own["Brk"]

	now, all_, gone = stats(), table("all"), table("exited")
	print(now)
	unread = read_news(followed[0])
	print(unread.head)
	recorded = sum(int(all_[pid]["calls"]) for pid in children if pid in all_)
	recorded += sum(int(row["calls"]) for row in gone.values() if row["name"] == "soak")
	unrecorded, missed = (after - before for after, before in zip(lost(), begun))
	print(f"{made} calls made, {recorded} recorded, {unrecorded} without a record, {missed} missed")
	assert len(gone) < 65536 and recorded and unrecorded and missed
	assert now[limit] and unread["Dropped"]
	if cpus == 1:
	    assert recorded + unrecorded + missed == made
	else:
	    assert recorded + unrecorded + missed <= made
	program.end()
	END
}

@test "records, calls at a time and history exhausted: each call is in one count" {
	soak 1 "$(figure 5 300)" RecordsRefused records=32 follow_history=64
}

@test "memory exhausted, too" {
	soak 1 "$(figure 5 300)" LostNoRecord follow_history=8192 history=32
}

@test "the same on two CPUs: none is in two" {
	soak 2 "$(figure 5 300)" RecordsRefused records=32 follow_history=64
}
