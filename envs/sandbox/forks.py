"""Work done in a forked child, with its result or its exception here."""

import os
import pickle
from collections.abc import Callable

__all__ = ["in_child"]


def in_child(work: Callable[[], object]) -> tuple[int, object]:
    """Fork a child to do some work: its id, and the result; None once it has become another program.

    Raises:
        What the work raises in the child.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = work(), None
        except BaseException as error:
            answer = None, error
        with open(writing, "wb") as report:
            pickle.dump(answer, report)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as report:
        answer = report.read()
    result, error = pickle.loads(answer) if answer else (None, None)
    if error:
        os.waitpid(child, 0)
        raise error
    return child, result
