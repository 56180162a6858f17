# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Those who lock all memory that they grow by, and so are inside brk with as many
# calls as they can, and what the others' calls come to.

load helper
load hostile

MAXACTIVE=$(figure 128 1024)

load_with() {
	load_module "maxactive=$1" "records=$(figure 1024 8192)"
}

# hostile: Python that knows these programs.
hostile() {
	python3 - <<-END
	import os, resource
	from proctext import *
	MAXACTIVE = $MAXACTIVE
	CROWD = MAXACTIVE * 13 // 10

	class Hogs(Program):
	    def __init__(self, *args, **more):
	        self.made, self.before = {}, stats()
	        super().__init__("hogs", *map(str, args), env={"PATH": os.environ["PATH"]}, **more)

	    def stop(self):
	        """Calls made, by process."""
	        self.process.stdin.write("x")
	        self.process.stdin.flush()
	        while (said := self.process.stdout.readline().split()) != ["stopped"]:
	            self.made[int(said[1])] = int(said[2])
	        return self.made

	def one(calls, uid=0):
	    """Calls made and lost by a process that runs before all others."""
	    def be_first():
	        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
	        os.setresuid(uid, uid, uid)
	    it = Hogs("one", calls, preexec_fn=be_first)
	    (pid, made), = it.stop().items()
	    text = look(pid)
	    # It begins with what its loader asks.
	    lost, recorded = text["Lost"], text["Calls"] - LOADER
	    print(f"uid {uid}: {made} calls made, {recorded} recorded, {lost} lost")
	    assert recorded + lost == made, text.head
	    it.end()
	    return lost

	LOADER = 0
	def loader():
	    it = Hogs("one", 1)
	    (pid, made), = it.stop().items()
	    calls = look(pid)["Calls"] - made
	    it.end()
	    return calls
	LOADER = loader()

	def is_hog(pid):
	    try:
	        with open(f"/proc/{pid}/comm") as f:
	            return f.read() == "hogs\\n"
	    except OSError:
	        return False

	def all_in_one_count(hogs):
	    """Each call of the crowd is recorded or counted as lost; return those."""
	    lost = unseen = 0
	    for pid, made in hogs.stop().items():
	        text = look(pid)
	        # So many processes at once may find no spare record for their first call.
	        missing = made - text["Calls"] - text["Lost"]
	        assert missing >= 0, (made, text.head)
	        lost += text["Lost"]
	        unseen += missing
	    assert unseen == stats()["LostNoRecord"] - hogs.before["LostNoRecord"], (unseen, hogs.before, stats())
	    print(f"crowd: {sum(hogs.made.values())} calls, {lost} lost, {stats()}")
	    return lost
	$(cat)
	END
}

@test "one user with more calls inside than may be followed" {
	load_with "$MAXACTIVE"
	others "$(figure 128 1000)" hogs crowd $((MAXACTIVE * 13 / 10)) 0 64
}

@test "root, who may have all calls inside: each is counted once, and no count goes back" {
	load_with 16
	MAXACTIVE=16 with_cpus 4 hostile <<-'END'
	before = seen = stats()
	hogs = Hogs("crowd", CROWD * 2, 0, 64)
	for i in range(100):
	    now = stats()
	    assert all(now[key] >= seen[key] for key in ("TotalLost", "LostMissed", "TotalCalls", "missed")), (seen, now)
	    seen = now
	lost = all_in_one_count(hogs)
	now = stats()
	# Nothing was left for others, either.
	assert 0 < lost <= now["TotalLost"] - before["TotalLost"], (before, now)
	# The kretprobe has missed them, too, but they are counted.
	assert now["LostMissed"] == now["missed"] == 0, now
	hogs.end()
	END
}

@test "eight users with more calls inside than may be followed take none of another's" {
	load_with "$MAXACTIVE"
	hostile <<-'END'
	hogs = Hogs("crowd", CROWD * 2, 8, 16)
	assert one(200) == 0 and one(200, uid=2000) == 0
	assert all_in_one_count(hogs)
	hogs.end()
	END
}

@test "who has many ids in a user namespace is one user, and who is root in a container is not root" {
	load_with "$MAXACTIVE"
	hostile <<-'END'
	import ctypes, threading
	libc, (told, tell), (mapped, go) = ctypes.CDLL(None), os.pipe(), os.pipe()
	def in_namespace(maker):
	    os.setresgid(maker, maker, maker)
	    os.setresuid(maker, maker, maker)
	    assert libc.unshare(0x10000000) == 0                               # CLONE_NEWUSER
	    os.write(tell, b"%8d" % os.getpid())
	    os.read(mapped, 1)
	    os.setresuid(0, 0, 0)
	    os.setresgid(0, 0, 0)
	def give_ids():
	    pid = int(os.read(told, 8))
	    for which in "uid", "gid":
	        with open(f"/proc/{pid}/{which}_map", "w") as f:
	            f.write("0 100000 2000")
	    os.write(go, b"x")
	resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
	def in_container():
	    assert libc.prctl(24, 24) == 0                      # PR_CAPBSET_DROP, CAP_SYS_RESOURCE
	for users, become in (20, lambda: in_namespace(1000)), (20, lambda: in_namespace(0)), (0, in_container):
	    if users:
	        threading.Thread(target=give_ids).start()
	    hogs = Hogs("crowd", CROWD, users, 64, preexec_fn=become)
	    assert one(200, uid=2000) == 0
	    # As one user they have half of what there is, not 20 parts of 21; but not all
	    # are looked at in the same moment.
	    inside = sum(look(pid)["InFlight"] for pid in numbers("/proc") if is_hog(pid))
	    print(f"{inside} inside")
	    assert inside < MAXACTIVE * 3 // 4
	    assert all_in_one_count(hogs)
	    hogs.end()
	END
}

@test "what a crowd has had inside comes back, however it ends" {
	load_with "$MAXACTIVE"
	hostile <<-'END'
	for i in range(3):
	    hogs = Hogs("crowd", CROWD, 1, 64)
	    # They are killed where they are.
	    hogs.end()
	# These are fewer than half: all of it is there again.
	hogs = Hogs("crowd", MAXACTIVE // 2 - 8, 1, 64)
	one(400)
	assert all_in_one_count(hogs) == 0
	hogs.end()
	END
}
