"""The Docker engine: what a box's container is made of, and who removes it."""

import base64
import contextlib
import functools
import io
import os
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path

from envs.errors import UsageError
from envs.sandbox.interface import Limits, SandboxLost

__all__ = ["CAPABILITIES", "IMAGE", "LABEL", "available", "connect", "containers", "create", "errors", "owner"]
__all__ += ["remove", "skeleton", "sweep", "unreachable"]

IMAGE = "agenttuning-sandbox:latest"
"""The default image, which `envs.sandbox.image` makes."""
LABEL = "agenttuning"
_ROOMS = ("home", "root", "tmp", "var")
"""Folders in which a box may write as much as its limit, each; the others have a part of it."""
_NOOKS = ("etc", "media", "mnt", "opt", "run", "srv")
_PART = 8
_SEALED, _EMPTIED = ("/etc/ld.so.cache", "/etc/ld.so.preload"), ("/etc/perl",)
"""Files and folders by which the box's root could have other code in the system's programs."""

_MOUNTED = (*_SEALED, *_EMPTIED, "/etc/hostname", "/etc/hosts", "/etc/mtab", "/etc/resolv.conf")
"""What is no file of the image in a box, or in no container."""

CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7}
"""What the box's root has, enough for useradd, chown and su, by number."""
_KEEPERS_OWN = ("SETPCAP", "SYS_PTRACE")
"""For taking capabilities away and for looking at processes; who lacks one cannot trace the keeper, which has it."""

_HEADROOM, _PROCESSES = 32 * 2**20, 8  # for the keeper and what Docker starts in the container
_DEVICES = 64 * 2**20  # what Docker lets a root write in /dev
_TIMEOUT = 60  # seconds that the engine may take to answer


def available() -> str | None:
    """None where a box can be opened; else one sentence: what is missing and how to get it."""
    if reason := unreachable():
        return reason
    import docker

    with contextlib.closing(connect()) as client:
        try:
            client.images.get(IMAGE)
        except docker.errors.ImageNotFound:
            return f"the Docker engine has no image {IMAGE}: `make sandbox-image`"
    return None


def unreachable() -> str | None:
    """None where an engine answers; else why not."""
    try:
        import docker
    except ModuleNotFoundError:
        return "docker needs its SDK: pip install 'agenttuning[docker]'"
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if host.startswith("unix://"):
        # Asked first, since a client of the SDK that finds nobody leaves its socket open.
        with socket.socket(socket.AF_UNIX) as probe:
            if error := probe.connect_ex(host.removeprefix("unix://")):
                return f"no Docker engine answers at {host} ({os.strerror(error)})"
    try:
        connect().close()
    except docker.errors.DockerException as error:
        return f"no Docker engine answers at {host} ({error})"
    return None


def connect():
    """A client of the engine at DOCKER_HOST: one for each box, for they are not for two threads at a time."""
    import docker

    return docker.from_env(timeout=_TIMEOUT)


@contextlib.contextmanager
def errors(doing: str) -> Iterator[None]:
    """Make what fails between this process and the engine a `SandboxLost`."""
    import docker
    import requests

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise SandboxLost(f"the Docker engine failed when {doing}: {error}") from error


def create(client, image: str, command: list[str], user: str, limits: Limits):
    """A container for one box, not started. It ends and is removed when nobody is attached to it any more.

    Raises:
        UsageError: the engine has no such image.
        SandboxLost: the engine failed.
    """
    import docker
    from docker.types import Mount

    # All that can be written is in memory.
    memory = limits.memory + limits.disk + _HEADROOM + (_DEVICES if user == "root" else 0)
    try:
        with errors("making a container"):
            return client.containers.create(
                image,
                command,
                entrypoint=[],
                user="0:0",
                working_dir="/",
                hostname="box",
                stdin_open=True,
                auto_remove=True,
                labels={LABEL: "1", f"{LABEL}.owner": owner()},
                network_mode="none",
                cap_drop=["ALL"],
                cap_add=[*CAPABILITIES, *_KEEPERS_OWN],
                security_opt=["no-new-privileges"],
                read_only=True,
                tmpfs=_memory(user, limits),
                mounts=[Mount(path, "/dev/null", "bind", read_only=True) for path in _SEALED] if user == "root" else [],
                shm_size=limits.disk // _PART,
                mem_limit=memory,
                memswap_limit=memory,
                pids_limit=limits.processes + _PROCESSES,
                nano_cpus=10**9,
                log_config={"type": "none"},
            )
    except SandboxLost as lost:
        if isinstance(lost.__cause__, docker.errors.ImageNotFound):
            raise UsageError(f"the Docker engine has no image {image!r}; `make sandbox-image` makes {IMAGE}") from None
        raise


def _memory(user: str, limits: Limits) -> dict[str, str]:
    """The folders that are memory, with their options."""
    sizes = dict.fromkeys(_ROOMS, limits.disk) | dict.fromkeys(_NOOKS, limits.disk // _PART)
    folders = {f"/{name}": f"exec,mode=755,size={size},nr_inodes={size // 4096}" for name, size in sizes.items()}
    return folders | (dict.fromkeys(_EMPTIED, "ro,size=4k") if user == "root" else {})


def skeleton(container) -> str:
    """What the container's image has in the folders that are memory in a box: a tar, in base64."""
    return _skeleton(container.attrs["Image"])


@functools.cache
def _skeleton(image: str) -> str:
    # The files of a container that mounts nothing are its image's.
    with errors("reading an image"), contextlib.closing(connect()) as client:
        container = client.containers.create(image, ["none"], labels={LABEL: "1", f"{LABEL}.owner": owner()})
        try:
            whole = io.BytesIO()
            with tarfile.open(fileobj=whole, mode="w", format=tarfile.GNU_FORMAT) as tar:
                for name in (*_ROOMS, *_NOOKS):
                    _copy(container, name, tar)
        finally:
            container.remove(force=True)
    return base64.b64encode(whole.getvalue()).decode()


def _copy(container, name: str, tar: tarfile.TarFile) -> None:
    import docker

    with contextlib.suppress(docker.errors.NotFound):
        part = io.BytesIO(b"".join(container.get_archive(f"/{name}")[0]))
        with tarfile.open(fileobj=part) as source:
            for member in source:
                if not f"/{member.name}".startswith(_MOUNTED):
                    tar.addfile(member, source.extractfile(member) if member.isreg() else None)


def remove(container) -> None:
    """Kill a container and wait until no trace of it is left."""
    import docker

    with errors("removing a container"):
        try:
            container.remove(force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != 409:  # it is being removed already
                raise
            with contextlib.suppress(docker.errors.NotFound):
                container.wait(condition="removed")


def owner(pid: int | None = None) -> str:
    """A process of this machine, by default this one, in words that no other process has."""
    pid = pid or os.getpid()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return " ".join((boot, os.readlink("/proc/self/ns/pid"), str(pid), _born(pid)))


def _born(pid: int) -> str:
    """When a process was started, in ticks since boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def containers() -> list:
    """The containers that this process made and that are still there."""
    with errors("looking for containers"), contextlib.closing(connect()) as client:
        wanted = {"label": f"{LABEL}.owner={owner()}"}
        return client.containers.list(all=True, filters=wanted, ignore_removed=True)


def sweep() -> None:
    """Remove what processes that are gone left behind; several processes may use the engine side by side."""
    import docker

    place = owner().split()[:2]
    with errors("looking for containers"), contextlib.closing(connect()) as client:
        for container in client.containers.list(all=True, filters={"label": f"{LABEL}=1"}, ignore_removed=True):
            *elsewhere, pid, born = container.labels[f"{LABEL}.owner"].split()
            # Whether a process of another machine lives nobody here can say; but then its container would run.
            gone = _born(int(pid)) != born if elsewhere == place else container.status in ("exited", "dead")
            if gone:
                with contextlib.suppress(docker.errors.NotFound):
                    remove(container)
