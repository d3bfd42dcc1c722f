"""Three ways to write many multi-turn episodes with one local model: `python benchmarks/decode.py`.

The workload imitates rollouts: every episode has the same system prompt of 200 tokens, a task of 40 to 80 tokens, and
per turn an answer of 15 to 50 tokens and an observation of 30 to 120 tokens, all random words; environments answer at
once. Nothing depends on what the model writes, so all three do the same work:

    one       `model.generate` for each turn of each episode by itself
    batches   `model.generate` for a batch of turns, padded on the left; a batch waits for its longest answer
    ours      `rollout.decode.Decoder`: continuous batching, keys and values kept between turns

Processor seconds are of the whole process and suffer less from busy neighbours than seconds. Prints a table and one
line of JSON.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import perf_counter, process_time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `rollout.local_policy` does, before torch is loaded

import torch
from rich.console import Console
from rich.table import Table
from transformers import PreTrainedModel

from envs.cli import main
from rollout.decode import Decoder, Request
from rollout.local_policy import load_model
from rollout.student import student_path

NEVER = [-1]
"""No token stops an answer: its length is the workload's."""


class Script:
    """One episode: what it is asked and how long its answers are."""

    def __init__(self, seed: int, turns: int, words: range):
        random = Random(seed)
        self.system = Random(0).choices(words, k=200)
        self.users = [random.choices(words, k=random.randint(40, 80))]
        self.users += [random.choices(words, k=random.randint(30, 120)) for _ in range(turns - 1)]
        self.answers = [random.randint(15, 50) for _ in range(turns)]


def one(model: PreTrainedModel, scripts: list[Script]) -> None:
    """Each turn by itself."""
    for script in scripts:
        batches(model, [script])


def batches(model: PreTrainedModel, scripts: list[Script]) -> None:
    """Each turn of all episodes as one padded batch."""
    prompts = [list(script.system) for script in scripts]
    for turn in range(len(scripts[0].users)):
        for prompt, script in zip(prompts, scripts, strict=True):
            prompt += script.users[turn]
        width = max(map(len, prompts))
        ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts], device=model.device)
        mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]).to(model.device)
        longest = max(script.answers[turn] for script in scripts)
        written = model.generate(
            ids,
            attention_mask=mask,
            min_new_tokens=longest,
            max_new_tokens=longest,
            do_sample=False,
            pad_token_id=0,
        )
        for prompt, script, row in zip(prompts, scripts, written[:, width:].tolist(), strict=True):
            prompt += row[: script.answers[turn]]


def ours(model: PreTrainedModel, scripts: list[Script]) -> None:
    """Each turn as soon as the one before it is written."""
    decoder = Decoder(model, NEVER, slots=len(scripts))

    def ask(script: Script, turn: int, history: list[int]) -> Request:
        request = Request(history + script.users[turn], script.answers[turn])
        decoder.add(request)
        return request

    playing = {ask(script, 0, script.system): (script, 0) for script in scripts}
    while decoder.busy:
        for request in decoder.step():
            script, turn = playing.pop(request)
            if turn + 1 < len(script.users):
                playing[ask(script, turn + 1, request.prompt + request.sampled)] = (script, turn + 1)


def measure(work: Callable, model: PreTrainedModel, scripts: list[Script]) -> dict[str, float]:
    """Seconds, processor seconds and what follows from them."""
    started, used = perf_counter(), process_time()
    work(model, scripts)
    seconds, cpu = perf_counter() - started, process_time() - used
    tokens, requests = sum(sum(script.answers) for script in scripts), sum(len(script.answers) for script in scripts)
    return {  # in the order of the table's columns
        "seconds": round(seconds, 1),
        "tokens_per_second": round(tokens / seconds, 1),
        "cpu_seconds_per_request": round(cpu / requests, 3),
        "tokens_per_cpu_second": round(tokens / cpu, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def decode(episodes: int = 32, turns: int = 4, model: Path | None = None, alone: int = 4) -> None:
    """Compare three ways to write the answers of many multi-turn episodes.

    Args:
        episodes: played at the same time.
        turns: of each episode.
        model: a model folder; the embedded student by default.
        alone: episodes that the slowest way, one turn at a time, gets; its figures are per token and per request.
    """
    console = Console()
    loaded, _ = load_model(model or student_path())
    scripts = [Script(seed, turns, range(100, loaded.config.vocab_size)) for seed in range(1, episodes + 1)]
    rows = {}
    for work, share in ((one, alone), (batches, episodes), (ours, episodes)):
        loaded.set_attn_implementation("sdpa")  # the decoder sets its own
        work(loaded, [Script(0, 1, range(100, 200))])  # warm up
        rows[work.__name__] = measure(work, loaded, scripts[:share])
        console.print(f"{work.__name__}: {rows[work.__name__]['seconds']} s for {share} episodes")
    about = f"{episodes} episodes x {turns} turns, {loaded.dtype}, {torch.get_num_threads()} threads, {loaded.device}"
    table = Table("way", "seconds", "tokens/s", "CPU-s a request", "tokens/CPU-s", "load", title=about)
    for name, row in rows.items():
        table.add_row(name, *map(str, row.values()))
    console.print(table)
    print(json.dumps({"episodes": episodes, "turns": turns, "dtype": str(loaded.dtype), **rows}))


if __name__ == "__main__":
    main(decode)
