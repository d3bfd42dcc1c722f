"""verifiers 0.4.0's side of `engine.py`, for an interpreter that has it: its eval runner, traces written, no dashboard.

Its stock harnesses start a Python process for every turn (about a second of CPU). The harness here makes the same call
inside this process, which is the leanest way that its interface allows: every call still passes its proxy.
"""

import asyncio
import functools
import logging
from collections.abc import Sequence
from pathlib import Path

import openai
import verifiers.v1 as vf
from engine_task import MODEL, SYSTEM, answer, measure, prompt, reward
from verifiers.v1.cli.eval.runner import run_eval
from verifiers.v1.configs.cli.eval import EvalConfig
from verifiers.v1.dialects.chat import message_to_wire

__all__ = ["CorridorEnv", "CorridorTaskset", "InProcess"]  # what verifiers finds here


class CorridorTask(vf.Task[vf.TaskData]):
    @vf.reward(weight=1.0)
    async def solved(self, trace: vf.Trace) -> float:
        return reward(str(trace.last_reply))


class CorridorConfig(vf.TasksetConfig):
    first: int = 0
    count: int = 1


class CorridorTaskset(vf.Taskset[CorridorTask, CorridorConfig]):
    def load(self):
        for number in range(self.config.first, self.config.first + self.config.count):
            yield CorridorTask(vf.TaskData(name=str(number), prompt=None, system_prompt=SYSTEM), self.config.task)


class CorridorEnvConfig(vf.EnvConfig):
    agent: vf.AgentConfig = vf.AgentConfig()


class CorridorEnv(vf.Env[CorridorEnvConfig]):
    """The world speaks first, and answers each reply."""

    async def run(self, task, agents):
        async with agents.agent.interaction(task) as agent:
            said = prompt(int(task.data.name))
            while said is not None:
                segment = await agent.turn(said)
                if segment.terminated:  # the call failed, and the trace says why
                    return
                said = answer(segment.last_reply)


class InProcessConfig(vf.HarnessConfig):
    pass


class InProcess(vf.Harness[InProcessConfig]):
    """One model call a turn."""

    APPENDS_SYSTEM_PROMPT = True
    SUPPORTS_RESUME = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(self, ctx, trace, runtime, endpoint, secret, mcp_urls, data, tool_interception_url=None):
        system, said = self.resolve_prompt(data)
        messages = [{"role": "system", "content": system}, *map(message_to_wire, said)]
        client = _client(asyncio.get_running_loop()).with_options(base_url=endpoint, api_key=secret)
        await client.chat.completions.create(model=ctx.model, messages=messages)
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")


@functools.cache
def _client(_loop: asyncio.AbstractEventLoop) -> openai.AsyncOpenAI:
    """One client, and so one pool of connections, for all episodes of a loop."""
    return openai.AsyncOpenAI(api_key="none", max_retries=0, timeout=600)


def play(url: str, slots: int, numbers: Sequence[int], folder: Path) -> list[float]:
    here = Path(__file__).stem
    env = {
        "id": here,
        "taskset": {"id": here, "first": numbers[0], "count": len(numbers)},
        "agent": {"harness": {"id": here}, "runtime": {"type": "subprocess"}},
    }
    client = {"base_url": url, "api_key_var": "OPENAI_API_KEY"}
    config = {"env": env, "model": MODEL, "client": client, "max_concurrent": slots, "output_dir": folder}
    episodes = asyncio.run(run_eval(EvalConfig.model_validate({**config, "rich": None, "push": False})))
    traces = [trace for episode in episodes for trace in episode.traces]
    failed = [error for trace in traces for error in trace.errors]
    assert not failed, failed[0]
    return [trace.rewards["solved"].value for trace in traces]


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    measure(play)
