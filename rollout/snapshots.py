"""What a server is given to serve: a folder that stays as it is, under a name that never means anything else.

The name ends in a hash of the content. So a checkpoint that is trained again in the same place is another model with
another name, no cache of a server's mixes the two, and an episode's `served` tells them apart.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from envs.errors import UsageError, did_you_mean
from rollout.manifest import Manifest
from rollout.student import STUDENTS, cache_folder, student_path

__all__ = ["Snapshot", "adapter_snapshot", "merged_snapshot", "model_and_adapter", "model_snapshot"]

_CONTENT = ("*.safetensors", "*.bin", "config.json", "adapter_config.json", "tokenizer.json", "tokenizer.model")
_CONTENT += ("tokenizer_config.json", "chat_template.jinja", "generation_config.json")


@dataclass(frozen=True)
class Snapshot:
    """A model, or an adapter, that can be served.

    Args:
        name: under which a server knows it.
        folder: what the server loads.
        tokenizer: the folder with its tokenizer and chat template.
    """

    name: str
    folder: Path
    tokenizer: Path


def model_and_adapter(spec: str) -> tuple[str, Path | None]:
    """Take `MODEL[+ADAPTER_DIR]` apart; MODEL is `smollm2` or a folder, and an adapter's folder alone names both.

    Raises:
        UsageError: there is no such folder, it holds something else, or the adapter was trained from another model.
    """
    whole = spec in STUDENTS or Path(spec).is_dir()
    model, plus, rest = (spec, "", "") if whole else spec.partition("+")
    adapter = Path(rest) if plus else None
    if adapter is None and (Path(model) / "adapter_config.json").is_file():
        model, adapter = Manifest.read(Path(model)).base, Path(model)
    if model not in STUDENTS and not (Path(model) / "config.json").is_file():
        near = did_you_mean(model, STUDENTS)
        raise UsageError(f"{model!r} is no model folder (one has a config.json).{near} There is: {', '.join(STUDENTS)}")
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        raise UsageError(f"{str(adapter)!r} is no adapter folder: it has no adapter_config.json")
    if adapter is not None and (adapter / "manifest.json").is_file():
        base = Manifest.read(adapter).base
        if base != model and Path(base).resolve() != Path(model).resolve():
            raise UsageError(f"{adapter} was trained from {base}, not from {model}")
    return model, adapter


def model_snapshot(model: str) -> Snapshot:
    """A whole model: an embedded student, which is always the same, or a folder, which is read once to name it."""
    if model in STUDENTS:
        return Snapshot(model, student_path(model), student_path(model))
    folder = Path(model).resolve()
    return Snapshot(_name(folder), folder, folder)


def adapter_snapshot(base: Snapshot, adapter: Path) -> Snapshot:
    """A copy of an adapter, made once: a server reads the folder again when it has had to forget the adapter."""
    name = _name(adapter.resolve(), base.name)

    def copy(folder: Path) -> None:
        for file in _content(adapter):
            shutil.copy2(file, folder)

    folder = _kept(name, copy)
    own = (folder / "tokenizer_config.json").is_file()
    return Snapshot(name, folder, folder if own else base.tokenizer)


def merged_snapshot(base: Snapshot, adapter: Path) -> Snapshot:
    """A model with an adapter merged into it, made once; needs the `train` extra."""
    name = f"{_name(adapter.resolve(), base.name)}-merged"

    def merge(folder: Path) -> None:
        from rollout.local_policy import load_model

        model, tokenizer = load_model(base.folder, adapter)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    folder = _kept(name, merge)
    return Snapshot(name, folder, folder)


def _content(folder: Path) -> list[Path]:
    return sorted(file for pattern in _CONTENT for file in folder.glob(pattern))


def _name(folder: Path, base: str = "") -> str:
    """The folder's own name and 8 hexadecimal digits of its content; of an adapter's, that of its base as well."""
    digest = hashlib.sha256(base.encode())
    for path in _content(folder):
        with path.open("rb") as file:
            digest.update(f"\0{path.name}\0".encode() + hashlib.file_digest(file, "sha256").digest())
    plain = re.sub(r"[^\w.-]", "-", folder.name)
    return f"{plain}-{digest.hexdigest()[:8]}"


def _kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, filled by `make` the first time. Two processes do not disturb each other."""
    folder = cache_folder() / "served" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as scratch:
        made = Path(scratch) / name
        made.mkdir()
        make(made)
        try:
            made.rename(folder)
        except OSError:  # the other process was faster
            if not folder.is_dir():
                raise
    return folder
