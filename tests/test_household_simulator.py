"""Our simulator against the real ALFWorld: transcripts of its engine, and rules of ours about houses and goals.

`tests/record_alfworld.py` made the transcripts. Held equal at every step are the admissible commands, the text to the
letter, lists included, and whether the game is won. No difference is known.
"""

import json
import lzma
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from envs.errors import UsageError
from envs.household.base import World
from envs.household.goal import ALFWORLD_GOALS, AlfworldGoal
from envs.household.house import House, Item, Receptacle
from envs.household.names import shown_names
from envs.household.pddl import read_problem
from envs.household.simulator import Simulator
from envs.household.texts import NOTHING_HAPPENS

DATA = Path(__file__).parent / "data" / "alfworld"


@cache
def lines(name: str) -> list[dict]:
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]


def replay(world: World, steps: list[dict]) -> None:
    """Every step in lockstep with what was recorded. The first one has no command."""
    admissible: set[str] = set()
    for step in steps:
        if step["command"] is None:
            assert f"\n\n{world.intro()}\n\n" in step["text"]
        else:
            assert world.act(step["command"]) == step["text"], step["command"]
        admissible = (admissible - set(step["less"])) | set(step["more"])
        assert set(world.admissible()) == admissible, step["command"]
        assert world.won == step["won"], step["command"]


@pytest.mark.parametrize("number", range(60))
@pytest.mark.parametrize("policy", ["random", "expert"])
def test_it_is_as_the_real_engine_at_every_step(number, policy):
    world = Simulator(*read_problem(lines("games")[number]["pddl_problem"]))
    replay(world, lines("transcripts")[number][policy])


def test_the_transcripts_hold_what_is_to_be_compared():
    games, transcripts = lines("games"), lines("transcripts")
    assert Counter(game["type"] for game in games) == dict.fromkeys(ALFWORLD_GOALS, 10)
    assert all(len(row["random"]) == 81 and row["expert"][-1]["won"] for row in transcripts)
    said = [step["text"] for row in transcripts for step in row["random"] + row["expert"]]
    for verb in ("open", "close", "pick up", "move", "turn on", "clean", "heat", "cool", "sliced", "arrive at"):
        assert sum(text.startswith(f"You {verb} ") for text in said) >= 10, verb
    examined = {re.sub(r"\w+ \d+", "thing", text) for text in said if text.startswith(("This is", "There's"))}
    assert len(examined) >= 6
    assert any(NOTHING_HAPPENS in text for text in said)


KITCHEN = House(
    (
        Receptacle("countertop 2", "countertop", 0),
        Receptacle("countertop 1", "countertop", 0),
        Receptacle("fridge 1", "fridge", 1, openable=True),
        Receptacle("microwave 1", "microwave", 2, openable=True, open=True),
        Receptacle("sinkbasin 1", "sinkbasin", 3),
        Receptacle("sidetable 1", "sidetable", 4),
    ),
    (
        Item("apple 2", "apple", ("countertop 1",), ("take", "clean", "heat", "cool", "slice")),
        Item("apple 1", "apple", ("fridge 1",), ("take", "clean", "heat", "cool", "slice"), ("cool",)),
        Item("bread 1", "bread", (), ("take", "slice"), spots=(3,)),
        Item("desklamp 1", "desklamp", ("sidetable 1",), ("use",)),
        Item("knife 1", "knife", ("countertop 2",), ("take", "clean")),
        Item("mug 1", "mug", ("sidetable 1", "countertop 1"), ("take", "contain"), contents=("spoon 1",)),
    ),
    dict.fromkeys(("countertop", "fridge", "microwave", "sinkbasin", "sidetable"), ("apple", "knife", "mug")),
)


def after(*commands: str, goal: AlfworldGoal | None = None, house: House = KITCHEN) -> tuple[Simulator, list[str]]:
    """The world after some commands that all do something, and what was said."""
    world = Simulator(house, goal)
    said = [world.act(command) for command in commands]
    assert NOTHING_HAPPENS not in said
    return world, said


def test_receptacles_of_one_location_are_reached_together():
    world, said = after("go to countertop 1", "look", "take knife 1 from countertop 2")
    assert said[0] == "You arrive at countertop 1. On the countertop 1, you see a apple 2, and a mug 1."
    assert said[1] == "You are facing the countertop 2, and countertop 1. Next to it, you see nothing."
    assert "go to countertop 2" not in world.admissible()
    assert world.act("go to countertop 2") == NOTHING_HAPPENS


def test_what_was_taken_out_and_put_down_beside_is_next_to_it():
    _, said = after("go to countertop 1", "take apple 2 from countertop 1", "move apple 2 to countertop 2", "look")
    assert said[-1].endswith("Next to it, you see a apple 2.")


def test_closed_things_hide_their_content():
    world, said = after("go to fridge 1")
    assert said == ["You arrive at fridge 1. The fridge 1 is closed."]
    assert "take apple 1 from fridge 1" not in world.admissible()
    assert world.act("open fridge 1") == "You open the fridge 1. The fridge 1 is open. In it, you see a apple 1."
    assert "take apple 1 from fridge 1" in world.admissible()
    world.act("close fridge 1")
    assert "take apple 1 from fridge 1" not in world.admissible()


def test_states_show_when_what_is_held_is_examined():
    world, said = after(
        *("go to countertop 1", "take apple 2 from countertop 1", "examine apple 2", "go to microwave 1"),
        *("heat apple 2 with microwave 1", "examine apple 2", "go to fridge 1", "cool apple 2 with fridge 1"),
        *("examine apple 2", "go to sinkbasin 1", "clean apple 2 with sinkbasin 1", "examine apple 2", "inventory"),
    )
    assert said[2] == "There's nothing special about apple 2."
    assert [said[i] for i in (5, 8, 11)] == [
        "This is a hot apple 2.",
        "This is a cold apple 2.",
        "This is a cool and clean apple 2.",
    ]
    assert said[-1] == "You are carrying: a apple 2."
    assert world.states["cool"] == {"apple 1", "apple 2"}


def test_only_a_knife_slices_and_even_what_lies_in_no_receptacle():
    world, said = after("go to countertop 1", "take knife 1 from countertop 2", "slice apple 2 with knife 1")
    assert said[-1] == "You sliced the apple 2 with the knife 1."
    world.act("go to sinkbasin 1")
    assert world.act("slice bread 1 with knife 1") == "You sliced the bread 1 with the knife 1."
    _, said = after("go to countertop 1", "take mug 1 from countertop 1", "examine mug 1")
    assert said[-1] == "This is a normal mug 1. In it, you see a spoon 1."


def test_a_lamp_once_used_stays_on():
    world, said = after("go to sidetable 1", "use desklamp 1", "use desklamp 1")
    assert said[-1] == said[-2] == "You turn on the desklamp 1."
    assert world.states["on"] == {"desklamp 1"}


def test_a_thing_may_be_in_two_receptacles_and_is_taken_out_of_one():
    world, _ = after("go to countertop 1", "take mug 1 from countertop 1")
    assert world.holding == "mug 1"
    assert world.inside["sidetable 1"] == {"desklamp 1", "mug 1"}


def test_an_inadmissible_command_changes_nothing():
    world = Simulator(KITCHEN)
    before = world.state_hash(), world.admissible()
    for command in ("", "Look", "go to fridge", "take apple 1 from fridge 1", "go to fridge 1\nlook", "help me"):
        assert world.act(command) == NOTHING_HAPPENS
    assert (world.state_hash(), world.admissible()) == before
    assert world.act("  look \n") != NOTHING_HAPPENS


def test_the_hash_follows_the_state():
    away = after("go to countertop 1", "take apple 2 from countertop 1", "go to fridge 1")[0].state_hash()
    back = after("go to countertop 1", "go to fridge 1")[0]
    assert away != back.state_hash() == after("go to fridge 1")[0].state_hash()


TAKE = ("go to countertop 1", "take apple 2 from countertop 1")
WAYS = {
    "pick_and_place_simple": (*TAKE, "go to sidetable 1", "move apple 2 to sidetable 1"),
    "pick_clean_then_place_in_recep": (
        *(*TAKE, "go to sinkbasin 1", "clean apple 2 with sinkbasin 1", "go to sidetable 1"),
        "move apple 2 to sidetable 1",
    ),
    "pick_heat_then_place_in_recep": (
        *(*TAKE, "go to microwave 1", "heat apple 2 with microwave 1", "go to sidetable 1"),
        "move apple 2 to sidetable 1",
    ),
    "pick_cool_then_place_in_recep": (
        *(*TAKE, "go to fridge 1", "cool apple 2 with fridge 1", "go to sidetable 1"),
        "move apple 2 to sidetable 1",
    ),
    "pick_two_obj_and_place": (
        *(*TAKE, "go to sidetable 1", "move apple 2 to sidetable 1", "go to fridge 1", "open fridge 1"),
        *("take apple 1 from fridge 1", "go to sidetable 1", "move apple 1 to sidetable 1"),
    ),
    "look_at_obj_in_light": (*TAKE, "go to sidetable 1", "use desklamp 1"),
}


@pytest.mark.parametrize("kind", ALFWORLD_GOALS)
def test_a_goal_is_met_by_its_last_step_alone(kind):
    lamp = kind == "look_at_obj_in_light"
    goal = AlfworldGoal(kind, "apple", "desklamp" if lamp else "sidetable")
    world, progress = Simulator(KITCHEN, goal), []
    for command in WAYS[kind]:
        assert not world.won
        progress.append(goal.progress(world))
        assert world.act(command) != NOTHING_HAPPENS
    assert world.won
    assert progress == sorted(progress)
    assert 0.0 <= progress[0] < progress[-1] < goal.progress(world) == 1.0
    assert AlfworldGoal(**json.loads(json.dumps(goal.to_data()))) == goal
    assert not after(*WAYS["pick_and_place_simple"], goal=AlfworldGoal(kind, "mug", "fridge"))[0].won


def test_a_slice_is_asked_for():
    goal = AlfworldGoal("pick_and_place_simple", "apple", "countertop", sliced=True)
    world, _ = after("go to countertop 1", "take knife 1 from countertop 2", goal=goal)
    assert not world.won
    world.act("slice apple 2 with knife 1")
    assert world.won


def test_an_unknown_goal_is_refused():
    with pytest.raises(UsageError, match="pick_two_obj_and_place"):
        AlfworldGoal("pick_two_obj", "apple", "fridge")


def test_a_house_survives_json_and_a_broken_one_is_refused():
    data = json.loads(json.dumps(KITCHEN.to_data()))
    assert House.from_data(data) == KITCHEN
    shelf = {"name": "shelf 1", "kind": "shelf", "location": 0}
    for broken, reason in (
        ({"items": []}, "receptacles"),
        ({"receptacles": [shelf, shelf], "items": [], "accepts": {}}, "two things named 'shelf 1'"),
        ({"receptacles": [shelf | {"colour": "red"}], "items": [], "accepts": {}}, "colour"),
        (
            {"receptacles": [], "items": [{"name": "pen 1", "kind": "pen", "inside": ["desk 1"]}], "accepts": {}},
            "desk 1",
        ),
        ({"receptacles": [], "items": [{"name": "pen 1", "kind": "pen", "can": ["write"]}], "accepts": {}}, "write"),
        ({"receptacles": [], "items": [{"name": "pen 1", "kind": "pen", "states": ["dry"]}], "accepts": {}}, "dry"),
    ):
        with pytest.raises(UsageError, match=reason):
            House.from_data(broken)


def test_names_count_downwards_in_the_order_of_the_identifiers():
    ids = ["Pan_bar__plus_01", "Pan_bar__minus_02", "Sink_bar__plus_00_bar_SinkBasin", "Sink_bar__plus_00", "agent1"]
    assert shown_names(ids) == {
        "pan_bar__minus_02": "pan 2",
        "pan_bar__plus_01": "pan 1",
        "sink_bar__plus_00": "sink 1",
        "sink_bar__plus_00_bar_sinkbasin": "sinkbasin 1",
    }


PROBLEM = """
(define (problem p) (:domain alfred) (:objects a - object) (:init
  (receptacleType Drawer_bar_1 DrawerType) (receptacleAtLocation Drawer_bar_1 loc_bar_1) (openable Drawer_bar_1)
  (objectType Apple_bar_1 AppleType) (inReceptacle Apple_bar_1 Drawer_bar_1) (objectAtLocation Apple_bar_1 loc_bar_1)
  (sliceable Apple_bar_1) (isCool Apple_bar_1) (objectType Chair_bar_1 ChairType) (canContain DrawerType AppleType)
  (canContain DrawerType PenType) (atLocation agent1 loc_bar_0) )
  (:goal (and %s )))
"""
SLICED_GOALS = {
    "pick_and_place_simple": """(exists (?r - receptacle) (exists (?o - object ?ko - object) (and (sliceable ?o)
        (isSliced ?o) (objectType ?o AppleType) (inReceptacle ?o ?r) (receptacleType ?r DrawerType))))""",
    "pick_heat_then_place_in_recep": """(exists (?r - receptacle) (exists (?o - object) (and (sliceable ?o)
        (isSliced ?o) (heatable ?o) (objectType ?o AppleType) (receptacleType ?r DrawerType) (isHot ?o)
        (inReceptacle ?o ?r))))""",
    "pick_two_obj_and_place": """(exists (?r - receptacle) (exists (?o1 - object) (and (sliceable ?o1) (isSliced ?o1)
        (objectType ?o1 AppleType) (receptacleType ?r DrawerType) (inReceptacle ?o1 ?r) (exists (?o2 - object)
        (and (not (= ?o1 ?o2)) (sliceable ?o2) (isSliced ?o2) (objectType ?o2 AppleType)
        (receptacleType ?r DrawerType) (inReceptacle ?o2 ?r))))))""",
}


@pytest.mark.parametrize("kind", SLICED_GOALS)
def test_a_problem_becomes_a_house_and_a_goal(kind):
    house, goal = read_problem(PROBLEM % SLICED_GOALS[kind])
    assert goal == AlfworldGoal(kind, "apple", "drawer", sliced=True)
    drawer = Receptacle("drawer 1", "drawer", 0, openable=True)
    apple = Item("apple 1", "apple", ("drawer 1",), ("slice",), ("cool",))
    assert house == House((drawer,), (apple,), {"drawer": ("apple",)})


def test_a_goal_that_is_none_of_the_six_is_refused():
    with pytest.raises(UsageError, match="none of ALFWorld's six"):
        read_problem(PROBLEM % "(forall (?o - object) (inReceptacle ?o Drawer_bar_1))")
    with pytest.raises(UsageError, match="none of ALFWorld's six"):
        read_problem(PROBLEM % SLICED_GOALS["pick_heat_then_place_in_recep"].replace("heatable", "coolable"))
    with pytest.raises(UsageError, match=r"\(:goal"):
        read_problem("(define (problem p) (:init))")


@pytest.mark.parametrize("broken", ["(receptacleAtLocation Drawer_bar_1 loc_bar_1)", " DrawerType)"])
def test_an_initial_state_of_another_domain_is_refused(broken):
    with pytest.raises(UsageError, match="not one of ALFWorld's domain"):
        read_problem((PROBLEM % SLICED_GOALS["pick_and_place_simple"]).replace(broken, ")" * broken.startswith(" "), 1))
