"""The Linux calls that Python's `os` lacks. Each raises OSError as `os` does."""

import ctypes
import os

__all__ = ["attach", "capabilities", "clone_tree", "mount", "prctl", "setns", "unshare"]

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 1, 2, 4, 1 << 14, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38

_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442  # the same on every architecture
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH = 1, 4
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV, _ATTR_IDMAP = 1, 2, 4, 0x00100000
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def unshare(namespaces: int) -> None:
    _checked(_libc.unshare(namespaces), "unshare")


def setns(fd: int, namespaces: int) -> None:
    """Enter namespaces of the process that a pidfd names, or the one that `fd` is."""
    _checked(_libc.setns(fd, namespaces), "setns")


def prctl(option: int, value: int, memory: bytes | None = None) -> None:
    numbers = ctypes.c_ulong(value), memory, ctypes.c_ulong(0), ctypes.c_ulong(0)
    _checked(_libc.prctl(option, *numbers), f"prctl {option}")


def mount(kind: str, target: str, flags: int = 0, data: str = "") -> None:
    source = kind.encode()
    _checked(_libc.mount(source, target.encode(), source, ctypes.c_ulong(flags), data.encode()), f"mount {kind}")


def clone_tree(path: str, users: int | None = None) -> int:
    """A read-only copy of the mounts under `path`, attached nowhere yet.

    Args:
        users: a user namespace's fd, as whose own the files shall look that look as root's own here.
    """
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC | _AT_RECURSIVE
    fd = _checked(_libc.syscall(_OPEN_TREE, _AT_FDCWD, path.encode(), flags), f"open_tree {path}")
    wanted = _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV | (0 if users is None else _ATTR_IDMAP)
    attributes = (ctypes.c_uint64 * 4)(wanted, 0, 0, users or 0)
    size = ctypes.sizeof(attributes)
    result = _libc.syscall(_MOUNT_SETATTR, fd, b"", _AT_EMPTY_PATH | _AT_RECURSIVE, attributes, size)
    _checked(result, f"mount_setattr {path}")
    return fd


def attach(tree: int, target: str) -> None:
    """Put what `clone_tree` gave at a place."""
    result = _libc.syscall(_MOVE_MOUNT, tree, b"", _AT_FDCWD, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH)
    _checked(result, f"move_mount {target}")
    os.close(tree)


def capabilities(kept: int) -> None:
    """Have these capabilities, a set of bits, and no others."""
    low, high = kept & 0xFFFFFFFF, kept >> 32
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)
    _checked(_libc.capset(header, data), "capset")
