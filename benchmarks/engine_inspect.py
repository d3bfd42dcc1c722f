"""inspect_ai's side of `engine.py`, for an interpreter that has it: a solver that generates once a turn.

Its log is written once, at the end, without the raw API calls, and no scores are shown meanwhile: its leanest way.
"""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path

from engine_task import MODEL, SYSTEM, answer, measure, prompt, reward
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser, get_model
from inspect_ai.scorer import Score, mean, scorer
from inspect_ai.solver import solver, system_message


@solver
def walk():
    async def solve(state, generate):
        while True:
            state = await generate(state)
            if (seen := answer(state.output.completion)) is None:
                return state
            state.messages.append(ChatMessageUser(content=seen))

    return solve


@scorer(metrics=[mean()])
def solved():
    async def score(state, _target):
        return Score(value=reward(state.output.completion))

    return score


def play(url: str, slots: int, numbers: Sequence[int], folder: Path) -> list[float]:
    samples = [Sample(input=prompt(number), target="") for number in numbers]
    with contextlib.redirect_stdout(io.StringIO()):
        (log,) = eval(
            Task(dataset=samples, solver=[system_message(SYSTEM), walk()], scorer=solved()),
            model=get_model(f"openai/{MODEL}", base_url=url, api_key="none", responses_api=False),
            max_samples=slots,
            max_connections=slots,
            log_dir=str(folder),
            log_realtime=False,
            log_model_api=False,
            score_display=False,
            display="none",
        )
    assert log.status == "success", log.error
    return [sample.scores["solved"].value for sample in log.samples]


if __name__ == "__main__":
    measure(play)
