"""Connecting to Ray: a cluster that runs, or a Ray of our own on this machine, which ends with us."""

import contextlib
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from importlib.util import find_spec

from envs.errors import UsageError
from envs.scratch import scratch_folder

__all__ = ["CLUSTERS", "check_address", "connected"]

CLUSTERS: set[str] = set()
"""HOST:PORT of the clusters that this process was connected to. Ray keeps a socket to each until the process ends."""
_STORE_BYTES = 200 * 2**20
"""Ray's shared memory on this machine, through which large trajectories pass."""
_CONNECT_SECONDS = 10.0


def check_address(address: str) -> None:
    """Whether this may be the address of a Ray.

    Raises:
        UsageError: Ray is not installed; the address is neither a number above 0, nor `auto`, nor `HOST:PORT`, nor
            `ray://HOST:PORT`; or nobody answers there.
    """
    if not find_spec("ray"):
        raise UsageError("--ray needs ray: pip install 'agenttuning[ray]'")
    if (address.isdecimal() and int(address) > 0) or address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(
            f"--ray takes a number of workers on this machine, or the address of a cluster: auto, HOST:6379 or "
            f"ray://HOST:10001; not {address!r}"
        )
    try:
        # Ray itself would try for minutes, and then end the process.
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        raise UsageError(f"no Ray answers at {address}: {error}") from None


@contextlib.contextmanager
def connected(address: str) -> Iterator[int]:
    """Connect to the Ray at `address` and yield the number of workers there is room for, one per free CPU.

    A number starts a Ray on this machine that only this machine can reach, and stops it at the end.

    Raises:
        UsageError: it cannot be reached or started, or has no free CPU.
    """
    # Ray reads most of these when it is imported. No reports to its makers, and the death of a worker is told by us.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", "^A worker died or was killed")
    with contextlib.ExitStack() as stack:
        if address.isdecimal():
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # listen on the loopback address alone
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else one is left in the home directory
            folder = stack.enter_context(scratch_folder())
            ours = {
                "address": "local",
                "num_cpus": int(address),
                "num_gpus": 0,
                "include_dashboard": False,
                "object_store_memory": _STORE_BYTES,
                "_temp_dir": folder,
            }
        else:
            ours = {"address": address}
        import ray

        if threading.current_thread() is threading.main_thread():  # where Ray sets a handler of its own
            stack.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        stack.callback(ray.shutdown)
        try:
            ray.init(**ours, logging_level=logging.ERROR)
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"--ray {address}: {error}") from error
        CLUSTERS.add(ray.get_runtime_context().gcs_address)
        free = int(ray.available_resources().get("CPU", 0))
        if free < 1:
            raise UsageError(f"--ray {address}: no CPU of that cluster is free")
        yield free
