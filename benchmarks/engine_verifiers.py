"""verifiers 0.3.1's side of `engine.py`, for an interpreter that has it: its classic `MultiTurnEnv`, results saved."""

import asyncio
import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

import verifiers.legacy as vf
from datasets import Dataset
from engine_task import MODEL, SYSTEM, answer, measure, prompt, reward
from verifiers.legacy.types import ClientConfig


class Corridor(vf.MultiTurnEnv):
    """The task as its environment: the observation follows from the last message."""

    async def env_response(self, messages, state, **_):
        return [{"role": "user", "content": answer(_text(messages[-1]))}]

    @vf.stop
    async def finished(self, state, **_):
        steps = state["trajectory"]
        return bool(steps) and answer(_text(steps[-1]["completion"][-1])) is None


async def solved(completion, **_):
    return reward(_text(completion[-1]))


def _text(message) -> str:
    return message["content"] if isinstance(message, dict) else message.content


def play(url: str, slots: int, numbers: Sequence[int], folder: Path) -> list[float]:
    dataset = Dataset.from_list([{"question": prompt(number), "answer": ""} for number in numbers])
    env = Corridor(eval_dataset=dataset, system_prompt=SYSTEM, rubric=vf.Rubric(funcs=[solved]))
    made = env.generate(
        env.get_eval_dataset(n=len(numbers)).to_list(),
        client=ClientConfig(api_base_url=url, api_key_var="OPENAI_API_KEY"),
        model=MODEL,
        max_concurrent=slots,
        independent_scoring=True,  # otherwise it scores, and saves, task by task
        save_results=True,
        results_path=folder / "corridor--fake" / "run",
    )
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
        outputs = asyncio.run(made)["outputs"]
    return [output["reward"] for output in outputs]


if __name__ == "__main__":
    measure(play)
