"""What a checkpoint was trained on, in `manifest.json` beside its weights. Written last: its presence means done."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from envs.errors import UsageError

__all__ = ["Manifest"]

NAME = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The provenance of a checkpoint. All values are JSON."""

    base: str
    """The model that the weights, or the adapter, start from: a policy's name for it or a folder."""
    method: str
    """How it was trained: lora, full, ..."""
    format: str
    """Action format of the training data: react, hermes, or mixed."""
    prompts: list[str]
    """Hashes (`chat.prompt_hash`) of the system prompts in the training data, sorted."""
    template: str
    """Hash (`chat.template_hash`) of the chat template."""
    data: str
    """SHA-256 of the training file."""
    args: dict[str, Any] = field(default_factory=dict)
    """The arguments of the trainer."""
    parent: str | None = None
    """The checkpoint that training went on from, if not `base`."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of the packages that trained it."""

    def write(self, folder: Path) -> None:
        """Write `manifest.json` into `folder`, whole or not at all."""
        part = folder / f"{NAME}.part"
        part.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(folder / NAME)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Read the manifest of a checkpoint.

        Raises:
            UsageError: there is none, or it is not one.
        """
        path = folder / NAME
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(f"{folder} has no {NAME}: it is not a finished checkpoint of training.sft") from None
        except ValueError as error:
            raise UsageError(f"{path} is not JSON: {error}") from None
        known = {f.name for f in fields(cls)}
        if not isinstance(row, dict) or row.keys() != known:
            raise UsageError(f"{path} must hold the keys {', '.join(sorted(known))}")
        return cls(**row)
