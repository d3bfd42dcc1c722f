"""`python -m envs.sandbox`: which sandboxes this machine can open, and what they lack here."""

from envs.cli import main
from envs.sandbox import BACKENDS, available, open_sandbox


def show() -> int:
    """Open a box of each backend and print what is missing. Exit status 1 when none can be opened."""
    usable = 0
    for backend in BACKENDS:
        if reason := available(backend):
            print(f"{backend:12}no: {reason}")
            continue
        usable += 1
        with open_sandbox(backend) as box:
            print(f"{backend:12}yes" + "".join(f"\n{'':12}- {lack}" for lack in box.lacks))
    return 0 if usable else 1


if __name__ == "__main__":
    main(show)
