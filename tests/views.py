# SPDX-License-Identifier: GPL-2.0
"""views.py: what a caller has mounted, or where his root is, opens
nothing that the real /proc/PID/maps would refuse him.

Each view prepares a mount namespace and says under which names the files of
brkwatch are to be had there. A user then opens those of five processes that are
not his to read, and one of his own. Prints one line per view."""
import os
import sys
import tempfile

from who import *

MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
MNT_DETACH, KTHREAD = 2, 2

targets = {
    "root's": target(lambda: None),
    "root's, main thread gone": target(lambda: None, arguments=("leave", "pause")),
    "setuid": target(lambda: become(USER), setuid_program),
    "not dumpable": target(lambda: become(USER), arguments=("undumpable", "pause")),
    "other's": target(lambda: become(OTHER)),
    "own": target(lambda: become(USER)),
}
scene = tempfile.mkdtemp()
os.chmod(scene, 0o755)


def fake(where):
    """Maps that anybody may read."""
    for pid in targets.values():
        os.makedirs(f"{where}/{pid}")
        with open(f"{where}/{pid}/maps", "w") as f:
            f.write("555555554000-555555555000 r--p 00000000 00:00 0\n")


def bind(what, where):
    mount(what, where, None, MS_BIND)


def fake_proc():
    """The real directory, bound into a /proc that is otherwise made up."""
    fake(scene)
    os.mkdir(scene + "/brkwatch")
    bind("/proc/brkwatch", scene + "/brkwatch")
    mount(scene, "/proc", None, MS_BIND | MS_REC)
    return "/proc/brkwatch/%d", None


def fake_proc_and_descriptor():
    fd = os.open("/proc/brkwatch", os.O_PATH)
    mount("fake", "/proc", "tmpfs")
    fake("/proc")
    return "%d", fd


def fake_maps():
    """A file bound over each maps of the true /proc."""
    fake(scene)
    for pid in targets.values():
        bind(f"{scene}/{pid}/maps", f"/proc/{pid}/maps")
    return "/proc/brkwatch/%d", None


def own_maps():
    """The caller's maps, which he may read, bound over each."""
    for pid in targets.values():
        bind("/proc/self/maps", f"/proc/{pid}/maps")
    return "/proc/brkwatch/%d", None


def elsewhere():
    bind("/proc/brkwatch", scene)
    return scene + "/%d", None


def one_file_elsewhere():
    for pid in (KTHREAD, *targets.values()):
        open(f"{scene}/{pid}", "w").close()
        bind(f"/proc/brkwatch/{pid}", f"{scene}/{pid}")
    return scene + "/%d", None


def no_proc():
    check(libc.umount2(b"/proc", MNT_DETACH))
    return "/proc/brkwatch/%d", None


def chroot_with_descriptor():
    fd = os.open("/proc/brkwatch", os.O_PATH)
    os.chroot(scene)
    os.chdir("/")
    return "%d", fd


def chroot_with_fake():
    fd = os.open("/proc/brkwatch", os.O_PATH)
    fake(scene + "/proc")
    os.chroot(scene)
    os.chdir("/")
    return "%d", fd


def procfs(options):
    def prepare():
        mount("proc", scene, "proc", 0, options)
        # What root has looked up there is found without its lookup asking who looks.
        for pid in targets.values():
            os.stat(f"{scene}/{pid}/status")
        return scene + "/brkwatch/%d", None
    return prepare


def hidden_proc():
    mount(None, "/proc", None, MS_REMOUNT, "hidepid=2")
    return "/proc/brkwatch/%d", None


# What one's own process says there, and, if not EACCES, that of others.
views = {
    "fake /proc": (fake_proc, "ok"),
    "fake /proc, descriptor of the true one": (fake_proc_and_descriptor, "ok"),
    "fake maps": (fake_maps, "ok"),
    "own maps over others'": (own_maps, "ok"),
    "directory elsewhere": (elsewhere, "ok"),
    "file elsewhere": (one_file_elsewhere, "ok"),
    "no /proc": (no_proc, "ENOENT", "ENOENT"),
    "chroot, descriptor of /proc": (chroot_with_descriptor, "ok"),
    "chroot, fake /proc in it": (chroot_with_fake, "ok"),
    "hidepid=1": (procfs("hidepid=1"), "ok"),
    "hidepid=2": (procfs("hidepid=2"), "ok", "ENOENT"),
    "hidepid=2, spared by gid": (procfs(f"hidepid=2,gid={USER}"), "ok"),
    "hidepid=4": (procfs("hidepid=ptraceable"), "ok", "ENOENT"),
    "subset=pid": (procfs("subset=pid"), "ENOENT", "ENOENT"),
    "/proc itself with hidepid=2": (hidden_proc, "ok", "ENOENT"),
}


def look(say, prepare, in_userns):
    if in_userns:
        become(USER)
        new_userns(CLONE_NEWNS)
    else:
        check(libc.unshare(CLONE_NEWNS))
        mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("scene", scene, "tmpfs")
    path, fd = prepare()
    if not in_userns:
        become(USER)
    say(" ".join(answer(path % pid, fd) for pid in (KTHREAD, *targets.values())))


wrong = 0
for pid in targets.values():
    assert both(pid) == ("ok", "ok")    # root; and the names are there
# What others' processes say, and one's own.
jobs = [(name, prepare, False, *(others or ["EACCES"]), own)
        for name, (prepare, own, *others) in views.items()]
# The owner of a user namespace may mount too, and read nothing outside it.
jobs += [(name + ", user namespace", views[name][0], True, "EACCES", "EACCES")
         for name in ("fake /proc", "fake maps", "own maps over others'",
                      "directory elsewhere", "chroot, fake /proc in it")]
jobs.sort(key=lambda job: job[1] == hidden_proc)    # it concerns all the others
for name, prepare, in_userns, others, own in jobs:
    said = ask(lambda say: look(say, prepare, in_userns))
    kthread = "ESRCH" if others == "EACCES" else others
    good = said.split(" ") == [kthread] + [others] * (len(targets) - 1) + [own]
    wrong += not good
    print(f"{'' if good else 'WRONG '}{name}: {said}")
mount(None, "/proc", None, MS_REMOUNT, "hidepid=0")
end(targets.values())
print(f"{len(jobs)} views, {wrong} wrong")
sys.exit(wrong != 0)
