"""The files of a box, handled by its keeper: a process whose root is the box's, so that no link leads out of it."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Mapping

from envs.sandbox.interface import Entry, File

__all__ = ["read", "snapshot", "write"]

_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_DEPTH = 100
"""Folders in folders that a snapshot goes down; each holds one descriptor open."""
_PASSED_OVER = {errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EACCES}
"""What opening a path says when a program of the box has just changed what is there, or when the host denies it."""


def write(files: Mapping[str, File], owners: tuple[int, int] | None) -> None:
    """As `Sandbox.write`; what is at a path already makes room, but a folder stays where a folder is wanted.

    Args:
        owners: the box's root and its user as this process sees them, None where it has one user.
    """
    for path, file in files.items():
        user = owners[0 if file.root else 1] if owners else -1  # -1 changes nothing
        _make_parents(os.path.dirname(path), user)
        there = os.lstat(path).st_mode if os.path.lexists(path) else 0
        if stat.S_ISDIR(there) and not file.folder:
            shutil.rmtree(path)
        elif there and not stat.S_ISDIR(there):
            os.unlink(path)
        if file.link is not None:
            os.symlink(file.link, path)
            os.chown(path, user, user, follow_symlinks=False)
        elif file.folder:
            if not stat.S_ISDIR(there):
                os.mkdir(path)
            _own(os.open(path, _OPEN | os.O_DIRECTORY | os.O_NOFOLLOW), user, file.mode)
        else:
            new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(new, "wb", closefd=False) as content:
                content.write(file.content)
            _own(new, user, file.mode)
    for path, file in reversed(files.items()):  # a folder after what was put into it
        os.utime(path, (file.modified, file.modified), follow_symlinks=False)


def _make_parents(folder: str, user: int) -> None:
    if not os.path.isdir(folder):
        _make_parents(os.path.dirname(folder), user)
        os.mkdir(folder)
        _own(os.open(folder, _OPEN | os.O_DIRECTORY | os.O_NOFOLLOW), user, 0o755)


def _own(fd: int, user: int, mode: int) -> None:
    """Give away what is open, not what has its name by now, and close it."""
    os.fchown(fd, user, user)
    os.fchmod(fd, mode)  # after the change of owner, which clears special bits
    os.close(fd)


def read(path: str, limit: int) -> bytes:
    """As `Sandbox.read`."""
    with open(os.open(path, _OPEN), "rb", buffering=0) as file:
        kind = os.fstat(file.fileno()).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(kind):
            raise PermissionError(errno.EACCES, "not a regular file", path)
        return file.read(limit)


def snapshot(roots: tuple[str, ...], budget: int) -> dict[str, Entry]:
    """As `Sandbox.snapshot`.

    Args:
        budget: bytes to digest in all. Holes are free to make and dear to read: what lies beyond has no digest.
    """
    survey = _Survey(budget)
    for root in roots:
        survey.visit(root, root, None, 0)
    return survey.found


class _Survey:
    def __init__(self, budget: int):
        self.found: dict[str, Entry] = {}
        self._budget = budget

    def visit(self, path: str, name: str, parent: int | None, depth: int) -> None:
        try:
            status = os.lstat(name, dir_fd=parent)
            mode, owner = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
            if stat.S_ISLNK(status.st_mode):
                entry = Entry("link", mode, owner, target=os.readlink(name, dir_fd=parent))
            elif stat.S_ISREG(status.st_mode):
                digest = self._digest(name, parent)
                entry = Entry("file", mode, owner, status.st_size, digest, links=status.st_nlink)
            else:
                entry = Entry("folder" if stat.S_ISDIR(status.st_mode) else "other", mode, owner)
            self.found[path] = entry
            if entry.kind == "folder" and depth < _DEPTH:
                self._descend(path, name, parent, depth)
        except OSError as error:
            if error.errno not in _PASSED_OVER:
                raise

    def _descend(self, path: str, name: str, parent: int | None, depth: int) -> None:
        folder = os.open(name, _OPEN | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            for child in sorted(os.listdir(folder)):
                self.visit(f"{path.rstrip('/')}/{child}", child, folder, depth + 1)
        finally:
            os.close(folder)

    def _digest(self, name: str, parent: int | None) -> str:
        digest = hashlib.sha256()
        file = os.open(name, _OPEN | os.O_NOFOLLOW, dir_fd=parent)
        try:
            while self._budget > 0 and (data := os.read(file, 2**18)):
                digest.update(data)
                self._budget -= len(data)
        finally:
            os.close(file)
        return digest.hexdigest() if self._budget > 0 else ""
