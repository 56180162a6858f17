# SPDX-License-Identifier: GPL-2.0
"""bad.py PID: what nobody should do with the files of brkwatch. As root, whom
their modes do not keep from anything, and then as an ordinary user, whose
process PID is. Each attempt has to end as its line says."""
import ctypes
import errno
import fcntl
import os
import select
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
pid = sys.argv[1]
DIR = "/proc/brkwatch"
files = [f"{DIR}/{name}" for name in (pid, "all", "exited", "stats")]
HUGE = (1 << 63) - 1
attempts = failures = 0


def outcome(function, *args):
    try:
        ret = function(*args)
        return "ok" if ret is None else ret
    except OSError as e:
        return errno.errorcode[e.errno]


def expect(what, allowed, function, *args):
    """allowed: what may come out, in words."""
    global attempts, failures
    attempts += 1
    got = outcome(function, *args)
    if str(got)[:40] not in allowed.split():
        failures += 1
        print(f"{what}: {got!r}, not {allowed}")


def opened(path, flags):
    os.close(os.open(path, flags))


def raw_read(fd, address, n):
    ret = libc.read(fd, ctypes.c_void_p(address), ctypes.c_size_t(n))
    if ret < 0:
        raise OSError(ctypes.get_errno(), "")
    return ret


def raw_mmap(fd):
    libc.mmap.restype = ctypes.c_void_p
    if libc.mmap(None, ctypes.c_size_t(4096), 1, 1, fd, ctypes.c_long(0)) == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "")


def tail(fd, offset):
    """Whether what comes from there is what should."""
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, 100) == os.pread(fd, 100, offset)


def try_names(root):
    near = [f"00{pid}", f"+{pid}", f"{pid} ", f" {pid}", f"-{pid}", f"{pid}\n", f"{pid}.", f"0x{int(pid):x}",
            "0", "-1", "007", "+7", "7 ", "4194305", "2147483648", "4294967297", "9" * 30, "x" * 255,
            "self", "thread-self", "ALL", "\xff"]
    for name in near:
        for flags in (os.O_RDONLY, os.O_RDWR, os.O_PATH):
            expect(f"open {name!r}", "ENOENT", opened, f"{DIR}/{name}", flags)
    expect("too long", "ENOENT ENAMETOOLONG", opened, f"{DIR}/{'9' * 256}", os.O_RDONLY)
    expect("below a file", "ENOTDIR", opened, f"{DIR}/{pid}/maps", os.O_RDONLY)
    expect("file as directory", "ENOTDIR", opened, f"{DIR}/{pid}/", os.O_RDONLY)
    expect("O_DIRECTORY", "ENOTDIR", opened, f"{DIR}/{pid}", os.O_DIRECTORY)
    expect("O_EXCL", "EEXIST", opened, f"{DIR}/{pid}", os.O_CREAT | os.O_EXCL)
    for what, function, *args in (
            ("create", opened, f"{DIR}/new", os.O_CREAT | os.O_WRONLY),
            ("mkdir", os.mkdir, f"{DIR}/new"),
            ("symlink", os.symlink, "all", f"{DIR}/new"),
            ("link", os.link, f"{DIR}/all", f"{DIR}/new"),
            ("mkfifo", os.mkfifo, f"{DIR}/new"),
            ("unlink", os.unlink, f"{DIR}/{pid}"),
            ("rename", os.rename, f"{DIR}/{pid}", f"{DIR}/new"),
            ("rmdir", os.rmdir, DIR)):
        expect(what, "ENOENT EACCES EPERM ENOTDIR EBUSY", function, *args)
    expect("O_TMPFILE", "ENOTSUP EACCES", opened, DIR, os.O_TMPFILE | os.O_RDWR)
    expect("list", "ok" if root else "EACCES", lambda: os.listdir(DIR) and None)


def try_flags(path, root):
    may = "ok" if root else "EACCES"
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_TRUNC, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_APPEND,
                  os.O_WRONLY | os.O_CREAT):
        expect(f"open {path} {flags:o}", may, opened, path, flags)
    for flags in (os.O_APPEND, os.O_NONBLOCK, os.O_SYNC, os.O_CLOEXEC | os.O_NOFOLLOW):
        expect(f"open {path} {flags:o}", "ok", opened, path, flags)
    expect("O_DIRECT", "EINVAL", opened, path, os.O_DIRECT)
    expect("truncate", may, os.truncate, path, 0)
    if not root:
        return
    fd = os.open(path, os.O_RDWR)
    for what, function, *args in (("write", os.write, fd, b"x"), ("write nothing", os.write, fd, b""),
                                  ("pwrite", os.pwrite, fd, b"x", 5), ("writev", os.writev, fd, [b"x", b"y"])):
        expect(f"{what} {path}", "EIO EINVAL ESPIPE", function, *args)
    expect("fallocate", "ENOTSUP ENODEV ESPIPE", os.posix_fallocate, fd, 0, 100)
    os.close(fd)


def try_descriptor(path):
    fd = os.open(path, os.O_RDONLY)
    whole = os.pread(fd, 1 << 20, 0)
    assert whole
    expect("write", "EBADF", os.write, fd, b"x")
    expect("ftruncate", "EINVAL", os.ftruncate, fd, 0)
    expect("fsync", "EINVAL", os.fsync, fd)
    for offset in (1, 3, 4095, 4096, 4097, 1 << 31, 1 << 40):
        expect(f"lseek {path} {offset}", "True", tail, fd, offset)
    for offset in (1 << 62, HUGE - 1, HUGE):
        expect(f"lseek {offset}", f"{offset} EINVAL", os.lseek, fd, offset, os.SEEK_SET)
        expect(f"pread {offset}", "b'' EINVAL EOVERFLOW", os.pread, fd, 10, offset)
    for offset, whence, allowed in ((-1, os.SEEK_SET, "EINVAL"), (-HUGE, os.SEEK_SET, "EINVAL"),
                                    (0, os.SEEK_END, "EINVAL"), (-5, os.SEEK_END, "EINVAL"),
                                    (0, os.SEEK_DATA, "EINVAL"), (0, os.SEEK_HOLE, "EINVAL"), (0, 77, "EINVAL")):
        expect(f"lseek {path} {offset} {whence}", allowed, os.lseek, fd, offset, whence)
    os.lseek(fd, 0, os.SEEK_SET)
    expect("lseek back", "EINVAL", os.lseek, fd, -1, os.SEEK_CUR)
    expect("pread -1", "EINVAL", os.pread, fd, 10, -1)
    expect("read nothing", "b''", os.read, fd, 0)
    for address in (0, 8, 1 << 46, (1 << 64) - 4096):
        expect(f"read to {address:x}", "EFAULT", raw_read, fd, address, 100)
    expect("mmap", "ENODEV EIO", raw_mmap, fd)
    for number in (0, 1, 0x5401, 0x5413, 0x12345678, 0xffffffff, 0xc0045878, 0x80086601):
        expect(f"ioctl {number:x}", "ENOTTY EINVAL EPERM", fcntl.ioctl, fd, number, bytes(64))
    expect("getdents", "ENOTDIR", os.listdir, fd)
    expect("openat", "ENOTDIR", lambda: os.close(os.open("x", os.O_RDONLY, dir_fd=fd)))
    expect("xattr", "ENOTSUP EACCES EPERM", os.setxattr, path, "user.x", b"x")
    expect("splice to itself", "EINVAL EBADF", lambda: os.splice(fd, fd, 10))
    expect("copy_file_range", "0 EINVAL EXDEV", lambda: os.copy_file_range(fd, out.fileno(), 100))
    expect("connect", "ENOTSOCK", lambda: socket.socket(fileno=os.dup(fd)))
    p = select.poll()
    p.register(fd, 0x7fff & ~select.POLLNVAL)
    p.poll(0)
    assert os.pread(fd, 10, 0) == whole[:10], "and it works as before"
    os.close(fd)


out = open(os.environ["BATS_TEST_TMPDIR"] + "/copied", "wb")
for root in (True, False):
    if not root:
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
    try_names(root)
    for path in files:
        if path.endswith("exited") and not root:
            expect("exited", "EACCES", opened, path, os.O_RDONLY)
            continue
        try_flags(path, root)
        try_descriptor(path)
print(f"{attempts} attempts, {failures} ended otherwise than they should")
sys.exit(failures != 0 or not attempts)
