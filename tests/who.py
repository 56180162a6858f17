# SPDX-License-Identifier: GPL-2.0
"""Processes of many kinds of users, to be opened and to do the opening."""
import ctypes
import errno
import os
import shutil
import signal
import struct
import time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x20000, 0x10000000, 0x20000000
PR_SET_DUMPABLE, PR_CAP_AMBIENT, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS = 4, 47, 8, 38
CAP_SYS_PTRACE, CAP_NET_ADMIN = 19, 12
USER, OTHER, NOBODY = 1000, 1001, 65534


def check(ret):
    if ret < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ret


def capset(effective, permitted, inheritable):
    words = [part >> shift & 0xffffffff for shift in (0, 32)
             for part in (effective, permitted, inheritable)]
    check(libc.capset(struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *words)))


ALL_CAPS = (1 << int(open("/proc/sys/kernel/cap_last_cap").read()) + 1) - 1


def become(uid, gid=None):
    gid = uid if gid is None else gid
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    check(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # or /proc/self is root's


def become_with_cap(uid, cap):
    """That user, with one capability that survives exec."""
    check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    become(uid)
    capset(1 << cap, 1 << cap, 1 << cap)
    check(libc.prctl(PR_CAP_AMBIENT, 2, cap, 0, 0))


def without_ptrace():
    capset(ALL_CAPS & ~(1 << CAP_SYS_PTRACE), ALL_CAPS & ~(1 << CAP_SYS_PTRACE), 0)


def new_userns(more=0):
    """Root of a new user namespace; the caller is its owner."""
    uid, gid = os.getuid(), os.getgid()
    check(libc.unshare(CLONE_NEWUSER | more))
    open("/proc/self/setgroups", "w").write("deny")
    open("/proc/self/uid_map", "w").write(f"0 {uid} 1")
    open("/proc/self/gid_map", "w").write(f"0 {gid} 1")


def enter_userns(pid):
    fd = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY)
    check(libc.setns(fd, 0))


def landlock():
    """A domain that handles nothing that matters here but forbids ptrace."""
    attr = struct.pack("Q", 1 << 12)    # LANDLOCK_ACCESS_FS_MAKE_SYM
    fd = libc.syscall(444, attr, len(attr), 0)
    if fd < 0:
        return False
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(libc.syscall(446, fd, 0))
    return True


def mount(source, where, kind, flags=0, options=None):
    enc = [x.encode() if x else None for x in (source, where, kind, options)]
    check(libc.mount(enc[0], enc[1], enc[2], flags, enc[3]))


def in_child(function):
    """Runs it in a child; returns the child's number and all it said."""
    r, w = os.pipe()
    pid = os.fork()
    if pid:
        os.close(w)
        with open(r) as pipe:
            return pid, pipe.read()
    os.close(r)
    try:
        function(lambda text: os.write(w, text.encode()))
    except BaseException as e:    # noqa: B902 - whatever it is, say it
        os.write(w, f"failed: {e!r}".encode())
    os._exit(0)


def ask(function):
    """The same, to its end."""
    pid, said = in_child(function)
    os.waitpid(pid, 0)
    if "failed" in said:
        raise RuntimeError(said)
    return said


program, setuid_program = shutil.which("brkdo"), shutil.which("brkdo-setuid")
hold_r, hold_w = os.pipe()      # the targets' input, which never comes
os.set_inheritable(hold_r, True)


def target(prepare, path=program, arguments=("pause",), fork_again=False):
    """A process that waits; returns its number here."""
    def run(say):
        prepare()
        if fork_again and (pid := os.fork()):
            say(f"{pid} ")
            os._exit(0)
        os.dup2(hold_r, 0)
        r, w = os.pipe()
        os.dup2(w, 1)
        if os.fork():
            os.execv(path, [path, *arguments])
        os.close(w)             # the helper says when brkdo is there
        os.close(1)
        os.read(r, 100)
        say("ready")
        os._exit(0)
    pid, said = in_child(run)
    assert said.endswith("ready"), said
    return int(said.split()[0]) if fork_again else pid


def end(pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def answer(path, dir_fd=None):
    """ok, or the error, of an open; what can be opened and is empty, like the
    maps of a zombie, is as good as gone."""
    try:
        fd = os.open(path, os.O_RDONLY, dir_fd=dir_fd)
        empty = not os.read(fd, 1)
        os.close(fd)
        return "ESRCH" if empty else "ok"
    except OSError as e:
        return errno.errorcode[e.errno]


def maps_of(pid, proc):
    """Those of a thread that has the address space: the main one may have exited."""
    try:
        thread = max(os.listdir(f"{proc}/{pid}/task"), key=int)
        return f"{proc}/{pid}/task/{thread}/maps"
    except OSError:
        return f"{proc}/{pid}/maps"


def both(pid, proc="/proc"):
    """What opens of its maps and of its file say. The name may come late."""
    deadline = time.monotonic() + 20 * int(os.environ["BRKWATCH_SLOWNESS"])
    while True:
        maps, brkwatch = answer(maps_of(pid, proc)), answer(f"{proc}/brkwatch/{pid}")
        if brkwatch != "ENOENT" or maps == "ENOENT" or time.monotonic() > deadline:
            return maps, brkwatch
        time.sleep(0.01)


def rows(proc="/proc"):
    """The numbers that all shows."""
    with open(f"{proc}/brkwatch/all") as f:
        return {line.split("\t")[0] for line in f} - {"pid"}


def readable(proc="/proc"):
    """The numbers whose maps can be opened and are not empty."""
    return {pid for pid in os.listdir(proc)
            if pid.isdigit() and answer(maps_of(pid, proc)) == "ok"}
