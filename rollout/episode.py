"""One episode, from the system prompt to the stop reason. The only loop in which a policy meets an environment."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from envs.core import AgentEnv
from envs.errors import UsageError, WorldError
from envs.types import Message, Task
from rollout.calls import Calls
from rollout.policy import ContextFull, Episode, Policy, PolicyError, Reply
from rollout.trajectory import Step, Stop, Trajectory, well_formed

__all__ = ["run_episode"]


async def run_episode(
    open_env: Callable[[], AgentEnv],
    policy: Policy,
    task: Task,
    sample: int = 0,
    *,
    run: str = "",
    seed: int = 0,
    shots: Sequence[Message] = (),
    timeout: float | None = None,
    screenshots: bool = False,
    on_env: Callable[..., Awaitable[Any]] | None = None,
    calls: Calls | None = None,
) -> Trajectory:
    """Let `policy` play `task` once and return what happened, whatever happened.

    The history is linear: messages are appended, never changed, and the policy is sent all of them. What the world says
    to the last action is not among them, since nobody was shown it.

    Args:
        open_env: returns the environment; called on the environment's thread.
        policy: writes the assistant's messages.
        task, sample: what to play, and which of several attempts at it this is.
        run: name of the run, kept in the trajectory.
        seed: of this episode.
        shots: messages of demonstrations, which stand before the task, see `rollout.shots`.
        timeout: seconds until the episode is abandoned; None for no deadline.
        screenshots: keep what the world looks like after each action.
        on_env: `await on_env(function, *args)` runs a function on the environment's thread; by default in place.
        calls: lets the calls of `policy` through; by default all at once.

    Returns:
        The trajectory. A failure of the policy or of the world is in `stop` and `error`, never raised.

    Raises:
        UsageError: the task cannot be played at all (it is another environment's, the server refuses the key, ...).
    """
    record = Trajectory(run, task, sample, policy.name, format="", messages=[], steps=[], stop=Stop.ENV_ERROR)
    on_env, calls = on_env or _in_place, calls or Calls(policy)
    started, blame = perf_counter(), Stop.ENV_ERROR  # whose failure an exception would be
    served = set()
    try:
        async with asyncio.timeout(timeout) as deadline:
            env, system, prompt = await on_env(_start, open_env, task, seed)
            if screenshots:
                await on_env(_photograph, env, record)
            record.format = env.format.name
            record.messages += [_message("system", system), *shots, _message("user", prompt)]
            shown = [_message(message["role"], message["content"]) for message in record.messages]
            episode = Episode(env, task, sample, seed, shown, on_env)
            while True:
                blame = Stop.POLICY_ERROR
                reply, seconds = await calls.act(episode)
                served.add(reply.served)
                step = _answered(len(record.steps) + 1, reply, seconds)
                action, blame = well_formed(reply.text), Stop.ENV_ERROR
                _append(record, episode, _message("assistant", action))
                observation, reward, stop = await on_env(_step, env, action, step)
                record.steps.append(step)
                if screenshots:
                    await on_env(_photograph, env, record)
                if stop is not None:
                    record.stop, record.reward = stop, reward
                    break
                _append(record, episode, _message("user", observation))
    except ContextFull:
        record.stop, record.reward = Stop.CONTEXT, 0.0
    except (Exception, asyncio.CancelledError) as error:
        if isinstance(error, UsageError) or asyncio.current_task().cancelling():
            raise
        if deadline.expired():
            record.stop, record.error = Stop.TIMEOUT, f"no end after {timeout:g} seconds"
        else:
            record.stop, record.error = Stop.ENV_ERROR if isinstance(error, WorldError) else blame, _describe(error)
    record.served = ", ".join(sorted(served - {""}))
    record.seconds = perf_counter() - started
    return record


async def _in_place(function: Callable, *args: Any) -> Any:
    return function(*args)


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _answered(turn: int, reply: Reply, seconds: float) -> Step:
    """The policy's half of a step."""
    return Step(
        turn,
        finish=reply.finish,
        usage=reply.usage,
        token_ids=reply.token_ids,
        logprobs=reply.logprobs,
        policy_seconds=seconds,
        origin=reply.origin,
        reasoning=reply.reasoning,
    )


def _append(record: Trajectory, episode: Episode, message: Message) -> None:
    record.messages.append(message)
    episode.messages.append(message)


def _start(open_env: Callable[[], AgentEnv], task: Task, seed: int) -> tuple[AgentEnv, str, str]:
    env = open_env()
    prompt, _ = env.reset(seed=seed, options={"task": task})
    return env, env.system_prompt, well_formed(prompt)


def _step(env: AgentEnv, action: str, step: Step) -> tuple[str, float, Stop | None]:
    """Act, fill in the environment's half of `step`; return the observation, the reward and why the episode ended."""
    started = perf_counter()
    observation, reward, terminated, truncated, info = env.step(action)
    step.thought, step.call, step.error = info["thought"], info["call"], info["error"]
    step.state_key, step.env_seconds = env.state_key(), perf_counter() - started
    if terminated and not 0 <= reward <= 1:
        raise WorldError(f"the score of {env.id} must be a number in [0, 1], not {reward!r}")
    if terminated:
        return observation, reward, Stop.FINISHED
    return well_formed(observation), 0.0, Stop(info["stop"]) if truncated else None


def _photograph(env: AgentEnv, record: Trajectory) -> None:
    if (picture := env.screenshot()) is not None:
        record.screenshots[len(record.steps)] = picture


def _describe(error: Exception) -> str:
    if isinstance(error, PolicyError | WorldError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} (in {where.name}, {Path(where.filename).name}:{where.lineno})"
