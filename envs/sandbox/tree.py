"""The file tree of a box: the system read-only, the rest in memory of limited size."""

import os

from envs.sandbox import files, kernel
from envs.sandbox.interface import File
from envs.sandbox.skeleton import SKELETON

__all__ = ["TREE", "binds", "build"]

_PLACE = "/tmp"  # what the box's memory covers in a private mount namespace; the host's own stays as it is
TREE = f"{_PLACE}/root"

_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_FIXED = {*_SYSTEM, "proc", "sys", "dev", "boot"}
_SEALED = ("alternatives", "ld.so.cache", "ld.so.preload", "perl", "ssl")
"""What in /etc makes a program load other code: read-only even for the box's root, who could fake a program by it."""
_SPARE = 2**20  # bytes for the skeleton
_MIN_FILE = 4096  # bytes: the limit on the number of files is the limit of bytes in files of this size


def build(root: str | None, size: int, users: int | None, owners: tuple[int, int] | None) -> None:
    """Mount the tree at `TREE` in this process's mount namespace, which must be private.

    Args:
        root: a folder with a whole system, or None for the host's programs and the skeleton.
        size: bytes that may be written.
        users: the box's user namespace by its fd, where it has many users.
        owners: its root and its user as this process sees them, None where it has one user.
    """
    kernel.mount("none", "/", kernel.MS_REC | kernel.MS_PRIVATE)
    # What comes from the host is taken before its place is covered.
    shared = {} if root else {f"/{name}": kernel.clone_tree(f"/{name}") for name in _host_parts()}
    lower = kernel.clone_tree(root, users) if root else -1
    size += _SPARE
    options = f"size={size},nr_inodes={size // _MIN_FILE},mode=755"
    kernel.mount("tmpfs", _PLACE, kernel.MS_NOSUID | kernel.MS_NODEV, options)
    for name in ("root", "lower", "upper", "work"):
        os.mkdir(f"{_PLACE}/{name}")
        if owners:
            os.chown(f"{_PLACE}/{name}", owners[0], owners[0])
    if root:
        kernel.attach(lower, f"{_PLACE}/lower")
        layers = f"lowerdir={_PLACE}/lower,upperdir={_PLACE}/upper,workdir={_PLACE}/work"
        extra = ",volatile" if owners else ",volatile,userxattr"
        kernel.mount("overlay", TREE, kernel.MS_NOSUID | kernel.MS_NODEV, layers + extra)
    missing = {TREE + path: file for path, file in _skeleton(root).items() if not os.path.lexists(TREE + path)}
    files.write(missing, owners)
    for path, tree in shared.items():
        kernel.attach(tree, TREE + path)
    if not root and os.path.isdir(f"{TREE}/usr/local"):
        kernel.mount("tmpfs", f"{TREE}/usr/local", kernel.MS_RDONLY, "size=4k,mode=755")


def _host_parts() -> list[str]:
    folders = [name for name in _SYSTEM if os.path.isdir(f"/{name}") and not os.path.islink(f"/{name}")]
    return folders + [name for name in ("etc/alternatives", "etc/ld.so.cache") if os.path.exists(f"/{name}")]


def _skeleton(root: str | None) -> dict[str, File]:
    """What a tree must have: the skeleton, the places of mounts, the links into the host's system."""
    folders = ["usr", "proc", "sys", "dev", "dev/shm", "etc"]
    found = dict.fromkeys((f"/{name}" for name in folders), File(folder=True, mode=0o755, root=True))
    found["/dev/shm"] = File(folder=True, mode=0o1777, root=True)
    if root is None:
        for name in _SYSTEM:
            if os.path.islink(f"/{name}"):
                found[f"/{name}"] = File(link=os.readlink(f"/{name}"), root=True)
            elif os.path.isdir(f"/{name}"):
                found[f"/{name}"] = File(folder=True, mode=0o755, root=True)
    library = f"{TREE}/usr/lib" if root else "/usr/lib"
    pythons = [name for name in os.listdir(library) if name.startswith("python3.")]
    for name in [*_SEALED, *pythons]:
        folder = not name.startswith("ld.so")
        found[f"/etc/{name}"] = File(folder=folder, mode=0o755 if folder else 0o644, root=True)
    return found | SKELETON


def binds(everything: bool) -> list[str]:
    """bubblewrap's arguments for the tree, asked for by a process whose root it is.

    Args:
        everything: whether all that is not the system may be written, as far as owners and modes allow, or only what
            is the ordinary user's: for a box in which there are no other users.
    """
    arguments = ["--ro-bind", TREE, "/"]
    if everything:
        writable = [name for name in os.listdir("/") if name not in _FIXED and not os.path.islink(f"/{name}")]
    else:
        writable = ["home/user", "tmp", "var/tmp"]
    for name in writable:
        arguments += ["--bind", f"{TREE}/{name}", f"/{name}"]
    if everything:
        for name in os.listdir("/etc"):
            if name in _SEALED or name.startswith("python3."):
                arguments += ["--ro-bind", f"{TREE}/etc/{name}", f"/etc/{name}"]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    return [*arguments, "--bind", f"{TREE}/dev/shm", "/dev/shm", "--remount-ro", "/dev"]
