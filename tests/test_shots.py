"""Few-shot prompts: which demonstrations stand before a task, what is recorded, what is sent."""

import asyncio

import pytest

from envs import UsageError, WorldError
from envs.types import ToolCall
from rollout.chat_policy import ChatPolicy
from rollout.collect import collect_tasks
from rollout.episode import run_episode
from rollout.policies import Sampling
from rollout.policy import ContextFull
from rollout.replay_policy import ReplayPolicy
from rollout.shots import demonstrations
from rollout.store import Store
from rollout.trajectory import Stop
from tests.fake_server import FakeServer
from tests.toy import ToyEnv, ToyPolicy, make_toy, toy_task

TASKS = [toy_task(i, split="dev") for i in range(4)]


def collect(store, policy=None, tasks=TASKS, **options):
    options = {"run": "r", "shots": 2, "quiet": True, "make_env": make_toy} | options
    return collect_tasks(tasks, policy or ToyPolicy("Action"), store=store, **options)


def stored(path):
    with Store(path) as store:
        return list(store.select("r"))


def shot_prompts(messages):
    return [m["content"] for a, m in zip([{}, *messages], messages, strict=False) if a.get("shot") != m["shot"]]


def test_demonstrations_are_the_experts_play_of_other_train_tasks():
    task = toy_task(4)
    (messages,) = demonstrations(ToyEnv(), [task], 3, seed=0).values()
    assert [m["role"] for m in messages] == ["user", "assistant"] * 12
    assert [m["shot"] for m in messages] == [0] * 8 + [1] * 8 + [2] * 8
    own = {t.prompt: t for t in ToyEnv.tasks("train")}
    shown = [own[prompt] for prompt in shot_prompts(messages)]
    assert task not in shown
    assert {t.template for t in shown} == {"goal-1", "goal-2", "goal-3"}
    assert messages[1]["content"] == 'Thought: One more.\nAction: add\n{"number": 1}'
    assert messages[2] == {"role": "user", "content": "Observation: The total is 1.", "shot": 0}
    assert messages[7]["content"].endswith("Action: done")


def test_they_depend_on_the_seed_alone_and_tasks_share_their_prefix():
    tasks = [toy_task(i, split="dev") for i in range(12)]
    first, again, other = (demonstrations(ToyEnv(), tasks, 2, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    distinct = {str(messages) for messages in first.values()}
    assert len(distinct) <= 3
    assert demonstrations(ToyEnv(), tasks[3:4], 2, 0) == {tasks[3]: first[tasks[3]]}


def test_a_task_that_is_a_demonstration_itself_gets_others():
    tasks = ToyEnv.tasks("train")
    for task, messages in demonstrations(ToyEnv(), tasks, 19, seed=0).items():
        assert sorted(shot_prompts(messages)) == sorted(other.prompt for other in tasks if other != task)


class Listening(ToyPolicy):
    """Plays the solution and keeps what it was shown at last."""

    def __init__(self):
        super().__init__()
        self.shown = {}

    async def act(self, episode):
        self.shown[episode.task.id] = episode.messages
        return await super().act(episode)


class Desks(ToyEnv):
    """Tasks with an odd goal have one tool less, and so another system prompt."""

    @classmethod
    def tasks(cls, split):
        return [toy_task(i, split=split, goal=i % 2 + 2) for i in range(20)]

    def tools_of(self, task):
        tools = dict(type(self).tools)
        return tools if task.data["goal"] % 2 else {name: tools[name] for name in reversed(tools)}


def test_demonstrations_have_the_tools_of_the_task():
    env, own = Desks(), {t.prompt: t for t in Desks.tasks("train")}
    for task, messages in demonstrations(env, Desks.tasks("dev"), 4, seed=0).items():
        assert {env.prompt_of(own[prompt]) for prompt in shot_prompts(messages)} == {env.prompt_of(task)}


class Failing(ToyEnv):
    def solve(self):
        yield "I give up.", ToolCall("done")


def test_too_few_train_tasks_and_a_failing_expert_are_named():
    with pytest.raises(UsageError, match=r"20 shots need more than 20 train tasks; Toy/Echo-v0 has 20"):
        demonstrations(ToyEnv(), TASKS, 20, 0)
    with pytest.raises(WorldError, match="does not solve its own train task"):
        demonstrations(Failing(), TASKS, 1, 0)


def test_the_record_is_what_was_sent_and_steps_are_the_policys_own(tmp_path):
    policy = Listening()
    assert collect(tmp_path / "s.db", policy).played.success == 4
    for trajectory in stored(tmp_path / "s.db"):
        messages = trajectory.messages
        assert [m["role"] for m in messages] == ["system"] + ["user", "assistant"] * 12
        assert ["shot" in m for m in messages] == [False] + [True] * 16 + [False] * 8
        assert messages[17]["content"] == trajectory.task.prompt
        assert len(trajectory.steps) == 4
        plain = [{"role": m["role"], "content": m["content"]} for m in messages]
        assert plain == policy.shown[trajectory.task.id]


def test_the_server_is_sent_role_and_content_alone():
    with FakeServer(lambda body: "Thought: It is.\nAction: done") as server:
        policy = ChatPolicy("fake", Sampling(), base_url=server.url)
        trajectory = asyncio.run(_one(policy))
    (body,) = server.bodies
    assert {key for message in body["messages"] for key in message} == {"role", "content"}
    assert [m["content"] for m in body["messages"]] == [m["content"] for m in trajectory.messages[:-1]]
    assert [m["shot"] for m in trajectory.messages[1:-2]] == [0] * 8


async def _one(policy):
    env = ToyEnv()
    shots = demonstrations(env, TASKS[:1], 1, 0)[TASKS[0]]
    try:
        return await run_episode(lambda: env, policy, TASKS[0], shots=shots)
    finally:
        await policy.close()


def test_a_context_that_is_full_from_the_start_stops_the_episode():
    trajectory = asyncio.run(_one(ToyPolicy(ContextFull("too long"))))
    assert (trajectory.stop, trajectory.reward, trajectory.steps) == (Stop.CONTEXT, 0.0, [])
    assert [m.get("shot") for m in trajectory.messages] == [None] + [0] * 8 + [None]


def test_the_number_of_shots_belongs_to_the_run(tmp_path):
    store = tmp_path / "s.db"
    collect(store, ToyPolicy(), TASKS[:2])
    assert collect(store, ToyPolicy()).already == 2
    with pytest.raises(UsageError, match="shots was 2 and is now None"):
        collect(store, ToyPolicy(), shots=0)
    with pytest.raises(UsageError, match="shots must be 0 or more, not -1"):
        collect(store, ToyPolicy(), shots=-1)
    collect(store, ToyPolicy(), run="plain", shots=0)
    with Store(store) as opened:
        assert {run["name"]: run["config"].get("shots") for run in opened.runs()} == {"r": 2, "plain": None}


def test_few_turns_of_the_policy_do_not_cut_the_demonstrations(tmp_path):
    collect(tmp_path / "s.db", ToyPolicy(), max_turns=2)
    assert {t.stop for t in stored(tmp_path / "s.db")} == {Stop.MAX_TURNS}
    assert {sum("shot" in m for m in t.messages) for t in stored(tmp_path / "s.db")} == {16}


def test_a_run_with_shots_is_replayed_with_and_without_them(tmp_path):
    store = tmp_path / "s.db"
    collect(store, ToyPolicy())
    for shots in (0, 1):
        again = collect(store, ReplayPolicy.from_store(store, "r"), run=f"again-{shots}", shots=shots)
        assert again.played.success == 4
