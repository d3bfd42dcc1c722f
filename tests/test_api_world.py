"""The API world: tasks that can be solved from what is seen, and a grader that no slip gets past."""

import random
import re
from collections import Counter
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs import SPLITS, Task, ToolCall, UsageError
from envs.api.desks import NOVEL_DESKS, SEEN_DESKS
from envs.api.env import ApiEnv
from envs.api.services import ALL_TOOLS, NOVEL, SEEN, SERVICES
from envs.api.session import Session
from envs.api.tasks import make_task
from envs.api.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.api.user import ScriptedUser
from envs.errors import ModelError, ToolError
from envs.records import State, differences
from envs.testing import check_env
from envs.wording import says

ID = re.compile(r"\b[a-z]{3}_\d{3,}\b")


def play(task: Task, calls: list[ToolCall]) -> tuple[float, ApiEnv]:
    env = ApiEnv()
    env.reset(options={"task": task})
    reward = 0.0
    for call in calls:
        _, reward, terminated, truncated, _ = env.step(env.write(call, "x"))
        if terminated or truncated:
            break
    return reward, env


def steps(task: Task) -> list[ToolCall]:
    return [ToolCall(step["tool"], step["arguments"]) for step in task.data["steps"]]


def some_tasks(n: int) -> list[Task]:
    return [make_task(split, index) for index in range(-(-n // len(SPLITS))) for split in SPLITS][:n]


def test_contract():
    check_env("api", n=15, random=30)


def test_there_are_enough_services_tools_and_templates():
    assert len(SERVICES) >= 8
    assert len(ALL_TOOLS) >= 60
    assert len(SEEN_TEMPLATES) + len(NOVEL_TEMPLATES) >= 25
    assert len(NOVEL_TEMPLATES) >= 8
    for templates in (SEEN_TEMPLATES, NOVEL_TEMPLATES):
        assert {template.difficulty for template in templates} == {1, 2, 3, 4, 5}
    names = [template.name for template in SEEN_TEMPLATES + NOVEL_TEMPLATES]
    assert len(set(names)) == len(names)


def test_every_service_and_every_tool_is_offered_somewhere_and_used_by_a_desk_that_has_its_service():
    owner = {name: key for key, service in SERVICES.items() for name in vars(service) if name in ALL_TOOLS}
    desks = [*SEEN_DESKS.values(), *NOVEL_DESKS.values()]
    assert {name for desk in desks for name in desk.large} == set(ALL_TOOLS)
    for desk in desks:
        assert set(desk.small) <= set(desk.large)
        assert {owner[name] for name in desk.large} <= set(desk.services)


def test_no_training_task_shows_a_novel_service():
    assert not {service for desk in SEEN_DESKS.values() for service in desk.services} & NOVEL.keys()
    assert all(NOVEL.keys() & set(desk.services) for desk in NOVEL_DESKS.values())
    assert SEEN.keys() >= {service for desk in SEEN_DESKS.values() for service in desk.services}


@pytest.mark.parametrize("split", SPLITS)
def test_the_expert_uses_no_id_before_it_has_seen_it_and_repeats_nothing(split):
    for index in range(60):
        task = make_task(split, index)
        env = ApiEnv()
        seen, _ = env.reset(options={"task": task})
        calls = []
        for call, step in zip(steps(task), task.data["steps"], strict=True):
            unseen = [id for id in ID.findall(str(call.arguments) + step["thought"]) if id not in seen]
            assert not unseen, f"{task.template}: {unseen} in {call}"
            seen += env.step(env.write(call, step["thought"]))[0]
            assert not env.problems() or not env._ended, env.problems()
            calls.append((call.name, str(call.arguments)))
        again = [call for call, times in Counter(calls).items() if times > 1 and call[0] not in task.data["faults"]]
        assert not again, f"{task.template} repeats {again}"
        env.close()


def test_prompts_and_thoughts_are_filled_in_and_begin_differently():
    tasks = some_tasks(200)
    texts = [task.prompt for task in tasks] + [s["thought"] for task in tasks for s in task.data["steps"]]
    assert [text for text in texts if re.search(r"[{}]|None(?! of)|  ", text)] == []
    assert len({task.prompt for task in tasks}) > 190


def writes(task: Task) -> list[int]:
    """Which of the expert's steps change the state."""
    session, found = Session(task.data["world"], task.data["faults"]), []
    for number, call in enumerate(steps(task)):
        if call.name in ALL_TOOLS:
            before = session.rows()
            try:
                session.call(call.name, call.arguments)
            except ModelError:
                continue
            if session.rows() != before:
                found.append(number)
    session.close()
    return found


def final_state(task: Task, calls: list[ToolCall]):
    _, env = play(task, calls)
    state = env._session.rows()
    env.close()
    return state


def wrong_plays(task: Task, rng: random.Random):
    """(what is wrong, calls) for one slip at a time in the expert's play."""
    calls, changing = steps(task), writes(task)
    known = sorted({id for rows in Session(task.data["world"]).rows().values() for id in rows})
    compared = free_arguments(task)
    for number in changing:
        yield "a missing write", calls[:number] + calls[number + 1 :]
        if final_state(task, calls[: number + 1] + calls[number:-1]) != final_state(task, calls[:-1]):
            yield "a write twice", calls[: number + 1] + calls[number:]
        for name, value in calls[number].arguments.items():
            if (calls[number].name, name) not in compared and (other := another(value, known, rng)) is not None:
                changed = ToolCall(calls[number].name, calls[number].arguments | {name: other})
                yield f"another {name} in {changed.name}", [*calls[:number], changed, *calls[number + 1 :]]
    if task.data["consent"] and set(task.data["consent"]["before"]) & {call.name for call in calls}:
        yield "no consent", [call for call in calls if call.name != "confirm_with_user"]
    last = calls[-1]
    (words,) = last.arguments
    yield "empty words", [*calls[:-1], ToolCall(last.name, {words: ""})]
    opposite = {"answer": ("decline", "reason"), "decline": ("answer", "text")}[last.name]
    yield "the other end", [*calls[:-1], ToolCall(opposite[0], {opposite[1]: last.arguments[words]})]


def free_arguments(task: Task) -> set[tuple[str, str]]:
    """Arguments that end in free text, whose wording is the agent's own: a subject, a body, a note."""
    found = set()
    for number in writes(task):
        call = steps(task)[number]
        for name, value in call.arguments.items():
            if isinstance(value, str) and not ID.fullmatch(value):
                session = Session(task.data["world"], task.data["faults"])
                for earlier in steps(task)[:number]:
                    if earlier.name in ALL_TOOLS:
                        try:
                            session.call(earlier.name, earlier.arguments)
                        except ModelError:
                            continue
                before = session.rows()
                session.call(call.name, call.arguments)
                written = [
                    column
                    for table, rows in session.rows().items()
                    for id, row in rows.items()
                    for column, cell in row.items()
                    if cell == value and before[table].get(id, {}).get(column) != cell
                    if column in session.free.get(table, ())
                ]
                if written:
                    found.add((call.name, name))
                session.close()
    return found


def another(value, known, rng):
    """A value of the same kind that is not the same, or None where there is none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str) and ID.fullmatch(value):
        others = [id for id in known if id.startswith(value[:4]) and id != value]
        return rng.choice(others) if others else None
    if isinstance(value, str):
        return re.sub(r"\d", lambda d: str((int(d[0]) + 1) % 10), value) if re.search(r"\d", value) else f"{value}x"
    if isinstance(value, list) and value:
        return value[:-1] if len(value) > 1 else [another(value[0], known, rng)]
    return None


def audit(n: int) -> Counter:
    rng, counts = random.Random(0), Counter()
    for task in some_tasks(n):
        assert play(task, steps(task))[0] == 1.0, task
        for slip, calls in wrong_plays(task, rng):
            reward, env = play(task, calls)
            assert reward == 0.0, f"{slip} passes in {task.template}: {task.prompt}"
            counts[slip.split(" in ")[0].split()[0] + " " + slip.split()[1]] += 1
            env.close()
    return counts


def test_no_slip_passes():
    counts = audit(60)
    assert counts["empty words"] == counts["the other"] == 60
    assert counts["a missing"] > 20


@pytest.mark.slow
def test_no_slip_passes_in_200_tasks():
    counts = audit(200)
    print(dict(counts))
    assert counts["empty words"] == 200
    assert counts["no consent"] > 0


NASTY = ["", "'; DROP TABLE emails; --", "../../etc/passwd", "\0", "%", "_", "[", "{", "null", "9" * 400, "é" * 3000]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.sampled_from(NASTY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def absurd_calls(draw, names):
    name = draw(st.sampled_from(names))
    parameters = list(ALL_TOOLS[name].spec.parameters["properties"]) if name in ALL_TOOLS else ["text", "reason"]
    kept = draw(st.lists(st.sampled_from(parameters), unique=True)) if parameters else []
    return ToolCall(name, {parameter: draw(VALUES) for parameter in kept} | draw(st.just({}) | st.just({"more": 1})))


def absurd_episode(split, index, data, calls):
    task = make_task(split, index)
    env = ApiEnv(format="hermes", max_turns=calls + 1)
    env.reset(options={"task": task})
    tables = env._session.rows().keys()
    names = [name for name in env.tools if name not in ("answer", "decline")]
    for _ in range(calls):
        call = data.draw(absurd_calls(names))
        try:
            written = env.write(call)
            written.encode()
        except (UnicodeEncodeError, ValueError):
            continue
        observation, *_, info = env.step(written)
        assert isinstance(observation, str)
        assert info["error"] in (None, "format", "arguments", "tool", "unknown_tool")
    assert env._session.rows().keys() == tables
    env.close()


@given(st.sampled_from(SPLITS), st.integers(0, 40), st.data())
@settings(max_examples=25, deadline=None)
def test_absurd_calls_give_observations(split, index, data):
    absurd_episode(split, index, data, 20)


@pytest.mark.slow
@given(st.sampled_from(SPLITS), st.integers(0, 400), st.data())
@settings(max_examples=400, deadline=None)
def test_20_000_absurd_calls_give_observations(split, index, data):
    absurd_episode(split, index, data, 50)


def test_ids_count_up_and_are_never_used_twice():
    state = State()
    state.create("orders", "ord", ["who", "tags[]", "paid?"])
    first = state.insert("orders", who="[x", tags=["[a", "b"], paid=True)
    state.delete("orders", first)
    second = state.insert("orders", who=None)
    assert (first, second) == ("ord_101", "ord_102")
    assert state.find("orders") == [{"id": "ord_102", "who": None, "tags": None, "paid": None}]
    with pytest.raises(ToolError, match=r"no order with the id 'ord_10'\. Did you mean 'ord_102'"):
        state.get("orders", "ord_10", "order")
    with pytest.raises(ToolError, match="too large"):
        state.insert("orders", who=2**63)
    state.close()


def rows(**orders):
    return {"orders": orders, "lines": {}}


def test_differences_are_named_and_new_records_may_come_in_any_order():
    start = rows(a={"id": "a", "to": "x", "note": ""})
    changed = rows(a={"id": "a", "to": "y", "note": ""})
    assert differences(start, start, start, {}) == []
    assert differences(start, changed, start, {}) == ["orders a differs in to"]
    assert differences(start, rows(), start, {}) == ["orders a should be there"]
    noted, otherwise = (rows(a={"id": "a", "to": "x", "note": note}) for note in ("hello", "good day"))
    assert differences(start, noted, otherwise, {"orders": {"note"}}) == []
    assert differences(start, noted, start, {"orders": {"note"}}) == ["the note of a should not be changed"]
    one = start | {"lines": {"l1": {"id": "l1", "of": "n1"}, "l2": {"id": "l2", "of": "a"}}}
    other = start | {"lines": {"l1": {"id": "l1", "of": "a"}, "l2": {"id": "l2", "of": "n2"}}}
    one["orders"] = start["orders"] | {"n1": {"id": "n1", "to": "z", "note": ""}}
    other["orders"] = start["orders"] | {"n2": {"id": "n2", "to": "z", "note": ""}}
    assert differences(start, one, other, {}) == []
    assert any("too many" in d for d in differences(start, one, start, {}))
    assert any("missing" in d for d in differences(start, start, one, {}))


@pytest.mark.parametrize(
    ("text", "wordings", "said"),
    [
        ("It costs $1,250.00 in all.", ["1250"], True),
        ("It costs 12500.", ["1250"], False),
        ("R3 forbids it", ["r3"], True),
        ("R31 forbids it", ["R3"], False),
        ("Until the 2025-03-31.", ["2025-03-31"], True),
        ("ana.ruiz@x.example", ["Ana Ruiz"], True),
        ("unpaid", ["paid"], False),
        ("", ["x"], False),
        ("0 * 2024-01-01", ["1"], False),
        ("on 2024/1/3, that is", ["2024-01-03"], True),
        ("from 2024-01-03T15:00", ["2024-01-03"], True),
    ],
)
def test_what_counts_as_said(text, wordings, said):
    assert says(text, wordings) == said


def test_the_user_tells_only_what_is_asked_and_may_change_their_mind():
    user = ScriptedUser(
        knows=[{"about": ["size"], "says": "Medium."}],
        confirms=[{"says": "Make it two.", "accepts": False}, {"says": "Yes.", "accepts": True}],
    )
    assert user.reply("Which SIZE do you want?") == "Medium."
    assert "Medium" not in user.reply("What should I do?")
    assert [user.confirm(summary) for summary in ("one", "two", "three")] == ["Make it two.", "Yes.", "Yes."]
    assert user.shown == [("one", False), ("two", True), ("three", True)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tools": ["send_mail"]}, "no tool 'send_mail'"),
        ({"world": {"services": ["post"], "seed": "a", "size": 3, "novel": False}}, "no service 'post'"),
        ({"world": {"services": []}}, "lacks"),
    ],
)
def test_a_task_that_cannot_be_played_is_refused(change, says):
    good = make_task("train", 0)
    with pytest.raises(UsageError, match=says):
        ApiEnv().reset(options={"task": Task(good.env, good.prompt, good.data | change)})
    less = dict(islice(good.data.items(), 3))
    with pytest.raises(UsageError, match="lacks"):
        ApiEnv().reset(options={"task": Task(good.env, good.prompt, less)})


def test_writing_over_a_note_that_nobody_asked_about_fails():
    task = next(t for t in some_tasks(2000) if "write_note" in t.data["tools"])
    *calls, last = steps(task)
    title = Session(task.data["world"]).rows()["notes"]["not_101"]["title"]
    harm = ToolCall("write_note", {"title": title, "text": "gone"})
    assert play(task, [*calls, last])[0] == 1.0
    assert play(task, [*calls, harm, last])[0] == 0.0
