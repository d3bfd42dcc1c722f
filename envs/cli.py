"""One typed function per verb: its signature is the Python API, the command line and the help."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from envs.errors import UsageError

__all__ = ["main", "parse_options"]

_EXTRAS = dict.fromkeys(("torch", "transformers", "peft", "trl", "datasets", "gguf", "tokenizers"), "train")
_EXTRAS |= {"mcp": "mcp", "playwright": "web", "docker": "docker", "lm_eval": "general", "pyarrow": "train"}
_EXTRAS |= {"bitsandbytes": "qlora", "accelerate": "train"}
_EXTRAS |= dict.fromkeys(("starlette", "uvicorn", "jinja2"), "view")
"""The optional packages, and the extra that installs each."""
_FLAGS = ("format", "max_turns", "split")
"""Options of every environment, which the verbs spell out."""


def main(verb: Callable[..., Any]) -> NoReturn:
    """Run `verb` with arguments from the command line and exit.

    Exit status: what the verb returns when that is an int, else 0; 2 for wrong use, said in one sentence; 130 after
    Ctrl-C.
    """
    import tyro

    try:
        result = tyro.cli(verb, prog=f"python -m {_module()}")
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        print(f"error: this needs {error.name}: pip install 'agenttuning[{_EXTRAS[error.name]}]'", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. Point stdout elsewhere so that its flush at exit does not fail too.
        sys.stdout = None
        sys.exit(0)
    sys.exit(result if isinstance(result, int) else 0)


def parse_options(pairs: Sequence[str]) -> dict[str, Any]:
    """Read `NAME=VALUE` words, an environment's own options; a value is JSON where it can be, else text.

    Raises:
        UsageError: a word without `=`, a name given twice, or one that has a flag of its own.
    """
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"an option of an environment is NAME=VALUE (sandbox=docker), not {pair!r}")
        if name in _FLAGS:
            raise UsageError(f"{name} is a flag of its own: give --{name.replace('_', '-')}")
        if name in options:
            raise UsageError(f"the option {name!r} is given twice")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return options


def _module() -> str:
    """The dotted name under which `python -m` runs the current program."""
    spec = sys.modules["__main__"].__spec__
    return spec.name.removesuffix(".__main__") if spec else sys.argv[0]
