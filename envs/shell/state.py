"""Whether a box is as it should be: everything as it was, but for the changes that were asked for.

A change is what must be at a path, None for nothing, or a node (see `envs.shell.tree`) that is compared by content.
An edited file keeps its mode unless the node names one; a new file may have any. These nodes are expectations only:

    {"lines": [...]}            a file with these lines in any order
    {"exports": {name: value}}  a profile that, sourced, exports these; its other lines are all still there
    {"runs": [...]}             a bash script: {arguments, input, files, output}, run on files that it never saw

A tar node takes any member name that is the end of its source's path.
"""

import hashlib
import io
import posixpath
import tarfile
import zlib
from collections.abc import Mapping
from typing import Any

from envs.errors import UsageError
from envs.sandbox import Entry, File, Sandbox
from envs.shell.tree import HOME, NODE_KINDS, Tree

__all__ = ["Change", "check_changes", "state_matches", "state_of"]

Change = Mapping[str, Any] | None
EXPECTED_KINDS = (*NODE_KINDS, "lines", "exports", "runs")
_IGNORED = tuple(f"{HOME}/{name}" for name in (".bash_history", ".cache", ".lesshst", ".python_history", ".viminfo"))
_LARGEST = 4 * 2**20


def check_changes(changes: Mapping[str, Change], tree: Tree) -> None:
    """Check the form of expected changes.

    Raises:
        UsageError: a path is not absolute, a node has no kind or more than one, or the tree lacks a file it refers to.
    """
    for path, node in changes.items():
        if path != posixpath.normpath(path) or not path.startswith("/"):
            raise UsageError(f"an expected change needs an absolute, normal path, not {path!r}")
        if node is None:
            continue
        kinds = node.keys() & set(EXPECTED_KINDS)
        if len(kinds) > 1 or not (kinds or node.keys() & {"mode", "modified"}):
            raise UsageError(f"the change for {path} must have one of {', '.join(EXPECTED_KINDS)}, not {sorted(node)}")
        for source in _sources(path, node):
            tree[source]


def _sources(path: str, node: Mapping[str, Any]) -> list[str]:
    """The files of the tree that a node is compared with."""
    match node:
        case {"from": source} | {"gzip": source}:
            return [source]
        case {"tar": members}:
            return list(members.values())
    return [] if node.keys() & set(EXPECTED_KINDS) - {"exports"} else [path]


def state_of(sandbox: Sandbox, tree: Tree) -> dict[str, Entry]:
    """What lies in the folders of a tree, harmless traces of programs aside."""
    found = sandbox.snapshot(*tree.roots())
    return {p: e for p, e in found.items() if not any(p == i or p.startswith(f"{i}/") for i in _IGNORED)}


def state_matches(sandbox: Sandbox, before: Mapping[str, Entry], tree: Tree, changes: Mapping[str, Change]) -> bool:
    """Say whether the box differs from `before` in exactly the changes.

    Args:
        sandbox: the box, looked at from outside.
        before: `state_of` when the task began.
        tree: what was put into it; nodes refer to its files.
        changes: see the module.
    """
    after = state_of(sandbox, tree)
    differing = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    if not all(_asked_for(path, path not in before, after.get(path), changes) for path in differing):
        return False
    grader = _Grader(sandbox, before, after, tree)
    return all(grader.fits(path, node) for path, node in changes.items())


def _asked_for(path: str, new: bool, entry: Entry | None, changes: Mapping[str, Change]) -> bool:
    """Whether a path may differ: it is to change, its folder is to go, or something is to be in this new folder."""
    if path in changes:
        return True
    if entry is None:
        return any(node is None and path.startswith(f"{above}/") for above, node in changes.items())
    wanted_below = any(node is not None and below.startswith(f"{path}/") for below, node in changes.items())
    return new and entry.kind == "folder" and wanted_below


class _Grader:
    def __init__(self, sandbox: Sandbox, before: Mapping[str, Entry], after: Mapping[str, Entry], tree: Tree):
        self.sandbox, self.before, self.after, self.tree = sandbox, before, after, tree

    def fits(self, path: str, node: Change) -> bool:
        entry, old = self.after.get(path), self.before.get(path)
        if node is None or entry is None:
            return node is None and entry is None
        mode = int(node["mode"], 8) if "mode" in node else old.mode if old else entry.mode
        if entry.kind != "link" and entry.mode != mode:
            return False
        if "modified" in node and self._modified(path) != node["modified"]:
            return False
        try:
            return self._content_fits(path, entry, node)
        except (PermissionError, FileNotFoundError, IsADirectoryError):
            return False  # the agent left a file that cannot be read, or takes it away while we look

    def _modified(self, path: str) -> int:
        said = self.sandbox.execute(["stat", "-c", "%Y", "--", path]).output.strip()
        return int(said) if said.isdecimal() else -1

    def _content_fits(self, path: str, entry: Entry, node: Mapping[str, Any]) -> bool:
        match node:
            case {"folder": True}:
                return entry.kind == "folder"
            case {"link": target}:
                return entry.kind == "link" and posixpath.normpath(entry.target) == target
        if not node.keys() - {"mode", "modified"}:
            return (entry.kind, entry.digest) == (self.before[path].kind, self.before[path].digest)
        return entry.kind == "file" and self._file_fits(path, entry, node)

    def _file_fits(self, path: str, entry: Entry, node: Mapping[str, Any]) -> bool:
        match node:
            case {"from": source}:
                return entry.digest == hashlib.sha256(self.tree[source].content).hexdigest()
            case {"text": text}:
                return self._lines(path) == _lines(text)
            case {"lines": lines}:
                return sorted(filter(None, self._lines(path))) == sorted(lines)
            case {"tar": members}:
                return self._packs(path, members)
            case {"gzip": source}:
                return _gunzip(self._read(path)) == self.tree[source].content
            case {"exports": variables}:
                return self._exports(path, variables)
            case {"runs": runs}:
                return all(self._run_fits(path, run) for run in runs)
        raise UsageError(f"no way to compare {path} with {sorted(node)}")

    def _read(self, path: str) -> bytes:
        return self.sandbox.read(path, _LARGEST)

    def _lines(self, path: str) -> list[str]:
        return _lines(self._read(path).decode(errors="replace"))

    def _packs(self, path: str, members: Mapping[str, str]) -> bool:
        packed = self._read(path)
        packed = _gunzip(packed) if path.endswith("gz") else packed
        try:
            with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
                infos = [info for info in archive if not info.isdir()]
                if any(not info.isreg() or info.issparse() or info.size > len(packed) for info in infos):
                    return False
                found = {posixpath.normpath(info.name): archive.extractfile(info).read() for info in infos}
        except (tarfile.TarError, OSError):
            return False
        wanted = dict.fromkeys(members.values())
        for name, content in found.items():
            sources = [s for s in wanted if s.endswith(f"/{name.lstrip('/')}") and self.tree[s].content == content]
            if not sources:
                return False
            del wanted[sources[0]]
        return not wanted

    def _exports(self, path: str, variables: Mapping[str, str]) -> bool:
        kept = [line for line in _lines(self.tree.text(path)) if not any(f"{name}=" in line for name in variables)]
        final = iter(self._lines(path))
        if not all(line in final for line in kept):
            return False
        source = '. "$0" > /dev/null 2>&1; /usr/bin/printenv "$@"'
        clean = ["env", "-i", f"HOME={HOME}", "PATH=/usr/bin:/bin", "bash", "-c", source, path, *variables]
        said = self.sandbox.execute(clean, cwd=HOME).output
        return _lines(said) == list(variables.values())

    def _run_fits(self, path: str, run: Mapping[str, Any]) -> bool:
        files = {name: File(text.encode()) for name, text in run.get("files", {}).items()}
        self.sandbox.execute(["rm", "-rf", "--", *files])  # nothing of the agent's may lie in their place
        self.sandbox.write(files)
        said = self.sandbox.execute(["bash", path, *run["arguments"]], run.get("input", "").encode(), cwd=HOME)
        return not said.stop and _lines(said.output) == _lines(run["output"])


def _lines(text: str) -> list[str]:
    """The lines of a text without white space at their ends and without empty lines at its end."""
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _gunzip(packed: bytes) -> bytes:
    """The content of a gzip file, up to a limit; nothing when it is none."""
    try:
        return zlib.decompressobj(31).decompress(packed, _LARGEST)
    except zlib.error:
        return b""
