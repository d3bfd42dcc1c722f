"""A file system as plain data: a path to a `File` for everything in it, and nodes, which are files as JSON.

A node is one of these objects. Any may also have `mode` (octal text, "640") and `modified` (seconds since 1970):

    {"text": str}               a file with this text
    {"from": path}              a file with the content that the tree has or had at this path, and its mode and time
    {"folder": true}            a folder
    {"link": target}            a symbolic link
    {"tar": {name: path}}       a tar archive of files of the tree, gzip-compressed when its own path ends in gz
    {"gzip": path}              a file of the tree, gzip-compressed
"""

import gzip
import io
import posixpath
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from envs.errors import UsageError
from envs.sandbox import File

__all__ = ["HOME", "Node", "Tree"]

HOME = "/home/user"
NODE_KINDS = ("text", "from", "folder", "link", "tar", "gzip")

Node = Mapping[str, Any]


class Tree:
    """What a box holds beside its system. Paths are absolute and normal; the folders above a path are made with it."""

    def __init__(self):
        self.files: dict[str, File] = {}
        self._removed: dict[str, File] = {}

    def __contains__(self, path: str) -> bool:
        return path in self.files

    def __getitem__(self, path: str) -> File:
        """The file at a path, or the one that was there before it was taken away.

        Raises:
            UsageError: there was none.
        """
        if path not in self.files and path not in self._removed:
            raise UsageError(f"the tree has no file {path}")
        return self.files.get(path) or self._removed[path]

    def copy(self) -> "Tree":
        """A tree of its own with the same files."""
        other = Tree()
        other.files, other._removed = dict(self.files), dict(self._removed)
        return other

    def add(self, path: str, file: File) -> None:
        """Put a file, folder or link, in place of what was there."""
        above = posixpath.dirname(path)
        if above not in self.files and above not in ("/", HOME, "/home"):
            self.add(above, File(folder=True, mode=0o755, modified=file.modified))
        self.files[path] = file

    def put(self, path: str, node: Node | None) -> None:
        """Put what a node describes at a path, or take away what is there when it is None.

        Raises:
            UsageError: the node has no kind, more than one or a wrong value, or refers to a file that is not there.
        """
        if node is not None:
            self.add(path, self._built(path, node))
            return
        for gone in [p for p in self.files if p == path or p.startswith(f"{path}/")]:
            self._removed[gone] = self.files.pop(gone)

    def _built(self, path: str, node: Node) -> File:
        file = self._content(path, node)
        try:
            mode = int(node["mode"], 8) if "mode" in node else file.mode
            return replace(file, mode=mode, modified=int(node.get("modified", file.modified)))
        except (TypeError, ValueError) as error:
            raise UsageError(f"the node for {path} has a wrong mode or time: {error}") from None

    def _content(self, path: str, node: Node) -> File:
        match [(kind, node[kind]) for kind in NODE_KINDS if kind in node]:
            case [("text", str(text))]:
                return File(text.encode())
            case [("from", str(source))]:
                return self[source]
            case [("folder", True)]:
                return File(folder=True, mode=0o755)
            case [("link", str(target))]:
                return File(link=target, mode=0o777)
            case [("tar", dict(members))]:
                return File(self._tar(members, path.endswith("gz")))
            case [("gzip", str(source))]:
                return File(gzip.compress(self[source].content, mtime=0))
        raise UsageError(f"the node for {path} must have exactly one of {', '.join(NODE_KINDS)}, not {dict(node)}")

    def _tar(self, members: Mapping[str, str], compress: bool) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for name, source in members.items():
                file = self[source]
                info = tarfile.TarInfo(name)
                info.size, info.mode, info.mtime = len(file.content), file.mode, file.modified
                info.uname = info.gname = "user"
                archive.addfile(info, io.BytesIO(file.content))
        return gzip.compress(packed.getvalue(), mtime=0) if compress else packed.getvalue()

    def below(self, folder: str, suffix: str = "", deep: bool = True) -> list[str]:
        """Paths of the regular files under a folder whose name ends in `suffix`, sorted; `deep` in subfolders too."""
        return sorted(
            path
            for path, file in self.files.items()
            if path.startswith(f"{folder}/")
            and path.endswith(suffix)
            and not file.folder
            and file.link is None
            and (deep or posixpath.dirname(path) == folder)
        )

    def folders(self, folder: str) -> list[str]:
        """Paths of the folders anywhere under a folder, sorted."""
        return sorted(p for p, file in self.files.items() if file.folder and p.startswith(f"{folder}/"))

    def text(self, path: str) -> str:
        """The content of a file as text."""
        return self[path].content.decode()

    def roots(self) -> list[str]:
        """The top folders in which everything lies, among them that of the home."""
        return sorted({"/".join(path.split("/")[:2]) for path in [HOME, *self.files]})

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)
