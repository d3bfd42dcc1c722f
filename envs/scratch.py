"""Temporary folders that say in their name whose they are, so that one that is left behind is found."""

import os
import tempfile

__all__ = ["scratch_folder", "scratch_prefix"]


def scratch_folder() -> tempfile.TemporaryDirectory:
    """A temporary folder of this process: `with scratch_folder() as path:`."""
    return tempfile.TemporaryDirectory(prefix=scratch_prefix())


def scratch_prefix() -> str:
    """How the names of this process's temporary folders begin."""
    return f"agenttuning-{os.getpid()}-"
