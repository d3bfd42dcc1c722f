"""Serve a model with vLLM until Ctrl-C: `python -m rollout.serve --model smollm2 --adapter runs/student`.

The server runs in a virtual environment of its own, which `make serve-env` installs. It is started again when it dies,
and stops with this command, however that ends.
"""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from envs.cli import main
from envs.errors import UsageError
from rollout.handshake import handshake, load_checked, load_tokenizer
from rollout.policy import PolicyError
from rollout.snapshots import Snapshot, adapter_snapshot, merged_snapshot, model_and_adapter, model_snapshot
from rollout.vllm_server import DEFAULT_PORT, VllmServer, serve_python, vllm_build

__all__ = ["serve"]

_LOOK_SECONDS = 1.0


def serve(
    model: str = "smollm2",
    adapter: tuple[Path, ...] = (),
    port: int = DEFAULT_PORT,
    host: str = "127.0.0.1",
    context: int = 2048,
    options: tuple[str, ...] = (),
    log: Path | None = None,
) -> int:
    """Serve a model, and adapters beside it, to whoever speaks OpenAI's API; a handshake proves its tokens first.

    On a GPU one server has the model and all adapters. On a CPU, where an active adapter takes most of the speed, each
    is merged into the model and has a server of its own, on the ports that follow. Exit status 1 when a server that
    died cannot be started again.

    Args:
        model: smollm2, a folder with a whole model, or MODEL+ADAPTER_DIR.
        adapter: folders from training.sft or training.dpo.
        port: on which to listen; the first of several.
        host: the address; 0.0.0.0 for other machines too, which may then also load adapters.
        context: tokens of the longest conversation, at most what the model takes.
        options: further arguments of vLLM's own server, as NAME=VALUE: tensor-parallel-size=2, enforce-eager=false.
        log: a file for what the server says.
    """
    further = dict(_option(word) for word in options)
    model, own = model_and_adapter(model)
    folders = [own] if own else []
    folders += [model_and_adapter(f"{model}+{folder}")[1] for folder in adapter]
    cpu, base = vllm_build(serve_python()) == "cpu", model_snapshot(model)
    merged = [merged_snapshot(base, folder) for folder in folders] if cpu else []
    beside = [] if cpu else [adapter_snapshot(base, folder) for folder in folders]
    console = Console(highlight=False, soft_wrap=True)
    with contextlib.ExitStack() as running:
        servers = []
        for number, snapshot in enumerate([base, *merged]):
            console.print(f"starting vLLM for {snapshot.name}, which takes a minute or more")
            server = VllmServer(snapshot, port + number, host=host, context=context, options=further, log=log)
            servers.append(_started(running, server, beside))
            for name in server.api.models():
                spec = f"vllm:{name}@{server.api.url}"
                console.print(f"{server.api.url} serves {name}: python -m rollout.collect --env db --policy {spec}")
        console.print("Ctrl-C stops it.")
        try:
            _keep_alive(servers, console)
        except PolicyError as error:
            console.print(str(error), markup=False)
            return 1
        except KeyboardInterrupt:
            return 0


def _option(word: str) -> tuple[str, str | bool]:
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f"an option of vLLM's server is NAME=VALUE (tensor-parallel-size=2), not {word!r}")
    return name, {"true": True, "false": False}.get(value, value)


def _started(running: contextlib.ExitStack, server: VllmServer, beside: Sequence[Snapshot]) -> VllmServer:
    """Start a server that stops with `running`, shake hands, and load the adapters."""
    try:
        running.enter_context(server)
        handshake(server.api, server.model.name, load_tokenizer(server.model.tokenizer))
        for adapter in beside:
            load_checked(server.api, server.model.name, adapter, load_tokenizer(adapter.tokenizer))
            server.adapters[adapter.name] = adapter.folder
    except PolicyError as error:
        raise UsageError(str(error)) from None
    return server


def _keep_alive(servers: Sequence[VllmServer], console: Console) -> None:
    while True:
        for server in servers:
            if not server.alive:
                console.print(f"the server of {server.model.name} died; starting it again")
                server.restart()
        time.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main(serve)
