"""One typed function per verb: its signature is the Python API, the command line and the help."""

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from envs.errors import UsageError

__all__ = ["main"]

_EXTRAS = dict.fromkeys(("torch", "transformers", "peft", "trl", "datasets", "gguf"), "train")
"""The optional packages, and the extra that installs each."""


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


def _module() -> str:
    """The dotted name under which `python -m` runs the current program."""
    spec = sys.modules["__main__"].__spec__
    return spec.name.removesuffix(".__main__") if spec else sys.argv[0]
