"""Our houses: tasks that are well asked, solvable by what can be seen, not solved by luck, and like ALFWorld's."""

import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from statistics import mean
from types import SimpleNamespace

import pytest

from envs import SPLITS, Task, ToolCall, UsageError
from envs.household import plans
from envs.household.alfworld import load
from envs.household.english import a, at, capitalized, counted, join, plural, spoken
from envs.household.env import HouseholdEnv
from envs.household.expert import Expert
from envs.household.goals import ChoreGoal, Doors, Lamps, Placed, read_goal
from envs.household.house import House, Item, Receptacle
from envs.household.houses import EVERYTHING, NOVEL_ROOMS, ROOMS
from envs.household.houses.layout import Layout, kind_of
from envs.household.houses.rooms import Room
from envs.household.memory import Memory
from envs.household.simulator import APPLIANCES, Simulator
from envs.household.tasks import make_task
from envs.household.templates import NOVEL_TEMPLATES, SEEN_TEMPLATES
from envs.household.templates.classic import CLASSIC
from envs.household.thoughts import THOUGHTS
from envs.testing import check_env, play

ROOT = Path(__file__).parent.parent
GAMES = Path(os.environ.get("AGENTTUNING_DATA", ROOT.parent / "shared" / "data")) / "tasks" / "alfworld"


def world_of(task: Task) -> Simulator:
    return Simulator(House.from_data(task.data["house"]), read_goal(task.data["goal"]))


def transcript(task: Task) -> list[tuple[str, str, str]]:
    """(thought, command, observation) of the expert's play up to the win."""
    world, rows, observation = world_of(task), [], None
    solution = plans.solve(task.data["ask"], world.intro(), task.id)
    while not world.won:
        thought, command = solution.send(observation)
        observation = world.act(command)
        rows.append((thought, command, observation))
    return rows


def solved(task: Task) -> bool:
    env = HouseholdEnv()
    env.reset(options={"task": task})
    rows = play(env, task, env.expert())
    assert not [info["error"] for _, _, info, _ in rows if info.get("error")], f"the expert slips in {task.prompt!r}"
    return rows[-1][1] == 1.0


def first(template: str, split: str = "train") -> Task:
    return next(task for task in HouseholdEnv.tasks(split) if task.template == template)


def test_contract():
    check_env("household", n=10, random=20)


def test_contract_with_a_tool_for_each_verb():
    check_env("household", n=3, random=5, tools="verbs")


@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_every_task(split):
    assert all(solved(task) for task in HouseholdEnv.tasks(split)[:60])


@pytest.mark.slow
@pytest.mark.parametrize("split", SPLITS)
def test_expert_solves_500_tasks(split):
    assert all(solved(task) for task in HouseholdEnv.tasks(split)[:500])


@pytest.mark.slow
def test_turns_by_type(capsys):
    """`pytest tests/test_household_world.py -m slow -k turns_by_type -s` prints the table."""
    turns = defaultdict(list)
    for split in ("train", "novel"):
        for task in HouseholdEnv.tasks(split)[:1000]:
            turns[task.template].append(len(transcript(task)))
    with capsys.disabled():
        for template, numbers in sorted(turns.items()):
            print(f"{template:32}{len(numbers):5} tasks {mean(numbers):6.1f} turns, {min(numbers)} to {max(numbers)}")
    assert all(6 <= mean(numbers) <= 25 for numbers in turns.values())


def test_random_admissible_commands_win_hardly_ever():
    won = 0
    for split in ("train", "novel"):
        for index in range(100):
            world, dice = world_of(make_task(split, index)), random.Random(index)
            for _ in range(50):
                world.act(dice.choice(world.admissible()))
                if world.won:
                    won += 1
                    break
    assert won <= 4


def test_tasks_depend_on_split_and_index_alone():
    code = (
        "from envs.household.tasks import make_task\n"
        "print(*(make_task(s, i).to_json() for s in ('dev', 'novel') for i in range(20)), sep='\\n')"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    here = [make_task(split, i) for split in ("dev", "novel") for i in reversed(range(20))]
    assert sorted(task.to_json() for task in here) == sorted(other)
    assert all(Task.from_json(task.to_json()) == task for task in here)


def test_splits_share_no_task_and_no_house():
    ids, houses = Counter(), Counter()
    for split in SPLITS:
        for task in HouseholdEnv.tasks(split)[:100]:
            ids[task.id] += 1
            houses[str(task.data["house"])] += 1
    assert max(ids.values()) == max(houses.values()) == 1


def test_novel_shares_no_template_and_no_word_but_the_appliances():
    assert len(SEEN_TEMPLATES) - len(CLASSIC) >= 14
    assert len(NOVEL_TEMPLATES) >= 8
    assert not {t.name for t in SEEN_TEMPLATES} & {t.name for t in NOVEL_TEMPLATES}
    places, things = [
        [{kind for room in rooms for kind in words(room)} for rooms in (ROOMS, NOVEL_ROOMS)]
        for words in (lambda room: room.numbers, lambda room: room.things)
    ]
    assert places[0] & places[1] == set(APPLIANCES.values())
    assert not things[0] & things[1]


@pytest.mark.parametrize("split", ["train", "novel"])
def test_difficulties_are_even_and_templates_take_turns(split):
    tasks = HouseholdEnv.tasks(split)[:120]
    assert Counter(task.difficulty for task in tasks) == dict.fromkeys(range(1, 6), 24)
    assert {t.name for t in (NOVEL_TEMPLATES if split == "novel" else SEEN_TEMPLATES)} == {t.template for t in tasks}


def test_higher_difficulties_have_more_of_everything():
    by_difficulty = defaultdict(list)
    for task in HouseholdEnv.tasks("train")[:150]:
        house = task.data["house"]
        closed = sum(place.get("openable", False) for place in house["receptacles"])
        by_difficulty[task.difficulty].append(
            (len(house["receptacles"]), closed, len(house["items"]), len(transcript(task)))
        )
    means = [[mean(column) for column in zip(*by_difficulty[d], strict=True)] for d in (1, 3, 5)]
    assert all(low < middle < high for low, middle, high in zip(*means, strict=True))


def test_easy_episodes_are_short():
    """About 700 tokens at difficulties 1 and 2, at the 2.85 characters a token that SmolLM2 gives these texts."""
    env, tokens = HouseholdEnv(), []
    assert len(env.system_prompt) / 2.85 < 250
    for task in HouseholdEnv.tasks("train")[:200]:
        if task.difficulty <= 2:
            actions = []
            env.reset(options={"task": task})
            seen = play(env, task, (actions.append(action) or action for action in env.expert()))
            tokens.append(len(env.system_prompt + "".join(actions) + "".join(row[0] for row in seen)) / 2.85)
            assert len(actions) <= 8
    assert mean(tokens) < 680
    assert max(tokens) < 850


@pytest.mark.parametrize("split", SPLITS)
def test_requests_read_as_people_write_them(split):
    for task in HouseholdEnv.tasks(split)[:150]:
        assert not re.search(r"[_{}<>]|  |\ba [aeio]\w|\ban [^aeio]\w|\b(a|an|the) (a|an|the)\b", task.prompt) or (
            task.prompt.startswith("Your task is to: ")
        ), task.prompt
        assert task.prompt[0].isupper()
        assert task.prompt[-1] in ".?!"


def test_half_of_the_six_types_are_asked_in_the_words_of_alfworld():
    names = {template.name for template in CLASSIC}
    asked = [task.prompt for task in HouseholdEnv.tasks("train")[:300] if task.template in names]
    assert 0.3 < mean(prompt.startswith("Your task is to: ") for prompt in asked) < 0.7


# --- the expert ------------------------------------------------------------------------------------------------------


def test_the_expert_does_not_see_through_doors():
    """Two houses that differ in one hidden thing are played alike up to the observation that shows it."""
    places = (*(Receptacle(f"cabinet {n}", "cabinet", n, openable=True) for n in (1, 2, 3)),)
    places += (Receptacle("countertop 1", "countertop", 4), Receptacle("fridge 1", "fridge", 5, openable=True))
    plays = []
    for hidden in ("cabinet 1", "cabinet 3", "fridge 1"):
        house = House(places, (Item("cup 1", "cup", (hidden,), ("take",)),), {"countertop": ("cup",)})
        ask = {"kind": "pick_and_place_simple", "object": "cup", "receptacle": "countertop"}
        task = Task(HouseholdEnv.id, "Put a cup onto the counter.", {"house": house.to_data(), "goal": ask, "ask": ask})
        world, observation, rows = world_of(task), None, []
        solution = plans.solve(ask, world.intro(), "dice")
        while not world.won:
            said = solution.send(observation)
            observation = world.act(said[1])
            rows.append((said, observation))
        plays.append(rows)
    for one in plays:
        for other in plays:
            same = next((n for n, (x, y) in enumerate(zip(one, other, strict=False)) if x[1] != y[1]), len(one))
            assert [row[0] for row in one[: same + 1]] == [row[0] for row in other[: same + 1]]
    assert len({len(rows) for rows in plays}) > 1


def test_what_the_expert_says_of_the_last_place_is_true():
    checked = 0
    for split in ("train", "novel"):
        for task in HouseholdEnv.tasks(split)[:150]:
            observation = ""
            for thought, _, following in transcript(task):
                for kind in re.findall(r"(?:^No|^I see no|^There is no) (\w+)(?: here| in | on |,)", thought):
                    checked += 1
                    assert f"a {kind} " not in observation, (thought, observation)
                for name in re.findall(r"(?:Here is|There is|I see|I found) (\w+ \d+)(?:\.| and)", thought):
                    checked += 1
                    assert name in observation or "move" in observation, (thought, observation)
                observation = following
    assert checked > 200


def test_every_thought_is_used_and_there_are_four_ways_to_say_it(monkeypatch):
    used, word = set(), Expert._word

    def every_word(self, key, **words):
        used.add(key)
        dice = self._rng
        for sentence in THOUGHTS[key]:
            self._rng = SimpleNamespace(choice=lambda _, sentence=sentence: sentence)
            assert not re.search(r"[{}]", word(self, key, **words))
        self._rng = dice
        return word(self, key, **words)

    monkeypatch.setattr(Expert, "_word", every_word)
    for split in ("train", "novel"):
        for task in HouseholdEnv.tasks(split)[:250]:
            transcript(task)
    in_rare_houses = {"examine", "back", "return-to-close"}
    assert THOUGHTS.keys() - used <= in_rare_houses
    assert all(len(set(sentences)) >= 4 for sentences in THOUGHTS.values())


def desk_and_bed() -> House:
    """A desk with its drawer, which are reached together, and a bed."""
    places = (Receptacle("desk 1", "desk", 1), Receptacle("drawer 1", "drawer", 1, openable=True))
    items = (Item("pen 1", "pen", ("drawer 1",), ("take",)), Item("book 1", "book", ("desk 1",), ("take",)))
    return House((*places, Receptacle("bed 1", "bed", 2)), items, {"desk": ("pen", "book"), "bed": ("book", "pen")})


def commands(world: Simulator, steps) -> list[str]:
    """What some steps of the expert do in a world."""
    said, observation = [], None
    while True:
        try:
            said.append(steps.send(observation)[1])
        except StopIteration:
            return said
        observation = world.act(said[-1])


def test_the_expert_copes_with_places_that_stand_together_and_with_a_full_hand():
    world = Simulator(desk_and_bed())
    expert = Expert(world.intro(), random.Random(0))

    def plan():
        yield from expert.fetch("book")
        yield from expert.fetch("pen")

    said = commands(world, plan())
    assert world.holding == "pen 1"
    assert {"examine drawer 1", "move book 1 to drawer 1"} <= set(said), "looks without walking, tries the drawer first"
    assert not world.content("drawer 1")


def test_the_expert_closes_what_it_had_to_open():
    world = Simulator(desk_and_bed())
    ask = {"kind": "close-up", "doors": "drawer", "object": "pen", "to": "bed 1"}
    assert commands(world, plans.solve(ask, world.intro(), ""))[-1] == "close drawer 1"
    assert (world.content("bed 1"), world.opened) == (["pen 1"], set())


def test_memory_follows_the_texts():
    memory = Memory("You are in the middle of a room. Looking quickly around you, you see a bed 1, and a drawer 1.")
    assert memory.places == ["bed 1", "drawer 1"]
    memory.note("go to drawer 1", "You arrive at drawer 1. The drawer 1 is closed.")
    assert memory.closed["drawer 1"] is True
    assert memory.unseen() == ["bed 1", "drawer 1"]
    memory.note("open drawer 1", "You open the drawer 1. The drawer 1 is open. In it, you see a pen 2, and a pen 1.")
    assert memory.things("pen") == ["pen 1", "pen 2"]
    memory.note("take pen 2 from drawer 1", "You pick up the pen 2 from the drawer 1.")
    memory.note("go to bed 1", "You arrive at bed 1. On the bed 1, you see nothing.")
    memory.note("move pen 2 to bed 1", "You move the pen 2 to the bed 1.")
    assert (memory.where("pen 2"), memory.where("pen 1"), memory.holding) == ("bed 1", "drawer 1", None)
    assert memory.closed["bed 1"] is None


# --- goals and mistakes ----------------------------------------------------------------------------------------------


def act(env: HouseholdEnv, command: str) -> tuple[float, bool]:
    return env.step(env.write(ToolCall("act", {"command": command})))[1:3]


def test_the_wrong_choice_ends_the_task_and_loses_it():
    task = first("if-present")
    ask, goal = task.data["ask"], read_goal(task.data["goal"])
    (wrong,) = goal.mistakes[0].places
    env = HouseholdEnv()
    env.reset(options={"task": task})
    world = env.world
    name = next(name for name in goal.conditions[0].things)
    place = next(place for place, names in world.inside.items() if name in names)
    for command in (f"go to {place}", f"open {place}", f"take {name} from {place}", f"go to {wrong}", f"open {wrong}"):
        assert not act(env, command)[1]
    assert act(env, f"move {name} to {wrong}") == (0.0, True)
    assert wrong in (ask["then"], ask["else"])


def test_progress_grows_to_one_exactly_at_the_win():
    for split in ("train", "novel"):
        for task in HouseholdEnv.tasks(split)[:60]:
            env = HouseholdEnv()
            env.reset(options={"task": task})
            progress = [env.progress()]
            for action in env.expert():
                done = env.step(action)[2]
                progress.append(env.progress())
                if done:
                    break
            assert all(0 <= value < 1 for value in progress[:-1]), task.prompt
            assert progress[-1] == 1.0


def test_goals_survive_json_and_count_what_they_should():
    house = House(
        (Receptacle("shelf 1", "shelf", 1), Receptacle("safe 1", "safe", 2, openable=True)),
        (Item("cd 1", "cd", ("shelf 1",), ("take",)), Item("lamp 1", "lamp", ("shelf 1",), ("use",))),
        {"safe": ("cd",)},
    )
    goal = ChoreGoal((Placed(("cd 1", "cd 2"), ("safe 1",), 1), Doors(("safe 1",), False), Lamps(("lamp 1",))))
    assert read_goal(goal.to_data()) == goal
    world = Simulator(house, ChoreGoal((Placed(("cd 1",), ("safe 1",)), *goal.conditions[1:])))
    seen = []
    for command in (
        *("go to shelf 1", "use lamp 1", "take cd 1 from shelf 1", "go to safe 1", "open safe 1"),
        *("move cd 1 to safe 1", "close safe 1"),
    ):
        world.act(command)
        seen.append(round(world.goal.progress(world), 2))
    assert seen == [0.33, 0.67, 0.83, 0.83, 0.5, 0.67, 1.0]
    assert world.won


@pytest.mark.parametrize(
    "goal", [{"kind": "put"}, {"conditions": [{"kind": "fly"}], "mistakes": []}, {"conditions": []}]
)
def test_what_is_no_goal_is_refused(goal):
    with pytest.raises(UsageError):
        read_goal(goal)


def test_a_task_with_incomplete_data_is_refused():
    with pytest.raises(UsageError, match="ask"):
        HouseholdEnv().reset(options={"task": Task(HouseholdEnv.id, "Tidy up.", {"house": {}, "goal": {}})})


def test_every_kind_of_request_has_its_plan_and_its_words():
    kinds = {template.name for template in (*SEEN_TEMPLATES, *NOVEL_TEMPLATES)}
    assert kinds == plans.PLANS.keys()
    assert kinds <= THOUGHTS.keys()


# --- houses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [*ROOMS, *NOVEL_ROOMS], ids=lambda room: room.name)
@pytest.mark.parametrize("difficulty", [1, 3, 5])
def test_houses_are_whole(room, difficulty):
    for seed in range(20):
        layout = Layout(room, difficulty, random.Random(seed))
        house = layout.house()
        assert House.from_data(house.to_data()) == house
        assert len(house.receptacles) >= 4
        for item in house.items:
            assert kind_of(item.inside[0]) in EVERYTHING[item.kind].places
            if "take" in item.can:
                assert item.kind in house.accepts[kind_of(item.inside[0])]


def test_things_that_leave_keep_the_numbers_whole():
    layout = Layout(ROOMS[0], 5, random.Random(1))
    kind = next(kind for kind in layout.thing_kinds() if len(layout.things(kind)) > 2)
    count = len(layout.things(kind))
    layout.remove(f"{kind} 1")
    assert set(layout.things(kind)) == {f"{kind} {n}" for n in range(1, count)}


def alfworld_rooms(split: str) -> dict[str, list[House]]:
    """The houses of ALFWorld's games by room, which the number of ALFRED's floor plan tells."""
    rooms = defaultdict(list)
    for task in load(GAMES / f"games_{split}.jsonl.xz"):
        plan = int(task.id.split("/")[0].rpartition("-")[2])
        rooms[("kitchen", "", "living room", "bedroom", "bathroom")[plan // 100]].append(
            House.from_data(task.data["house"])
        )
    return rooms


def sizes(houses: list[House]) -> list[float]:
    """The mean numbers of receptacles, and of things in or on them."""
    pairs = [(len(house.receptacles), sum(bool(item.inside) for item in house.items)) for house in houses]
    return [mean(column) for column in zip(*pairs, strict=True)]


def our_rooms(room: Room, difficulty: int) -> list[House]:
    return [Layout(room, difficulty, random.Random(seed)).house() for seed in range(60)]


@pytest.mark.skipif(not GAMES.exists(), reason="needs the games of ALFWorld in AGENTTUNING_DATA")
def test_houses_are_furnished_as_those_of_alfworld():
    """Kinds of receptacle, where things are found, and how many there are, against the games of valid_seen."""
    theirs, found = alfworld_rooms("valid_seen"), set()
    for houses in theirs.values():
        found |= {(item.kind, kind_of(item.inside[0])) for house in houses for item in house.items if item.inside}
    for room in ROOMS:
        kinds = {place.kind for house in theirs[room.name] for place in house.receptacles}
        assert room.numbers.keys() - kinds <= {"cabinet", "cart", "laundryhamper", "ottoman", "safe", "shelf"}
        ours = sizes(our_rooms(room, 4) + our_rooms(room, 5))
        for mine, real in zip(ours, sizes(theirs[room.name]), strict=True):
            assert 0.7 < mine / real < 1.4, room.name
    likely = [(kind, place) for kind, thing in ROOMS[0].catalog.items() for place, w in thing.places.items() if w >= 3]
    assert mean(pair in found for pair in likely) > 0.85


@pytest.mark.slow
@pytest.mark.skipif(not GAMES.exists(), reason="needs the games of ALFWorld in AGENTTUNING_DATA")
def test_sizes_of_rooms(capsys):
    """`pytest tests/test_household_world.py -m slow -k sizes_of_rooms -s` prints them beside the training games."""
    theirs = alfworld_rooms("train")
    for room in ROOMS:
        rows = [sizes(our_rooms(room, 4)), sizes(our_rooms(room, 5)), sizes(theirs[room.name])]
        with capsys.disabled():
            print(f"{room.name:12}", *(f"{places:6.0f} places {things:3.0f} things" for places, things in rows))
        # ALFWorld's mean is near ours at 4 and at 5, or between them.
        for column in zip(*rows, strict=True):
            assert 0.8 * min(column[:2]) < column[2] < 1.25 * max(column[:2])


# --- words -----------------------------------------------------------------------------------------------------------


def test_english():
    assert [plural(spoken(kind)) for kind in ("butterknife", "tomato", "watch", "bread", "toiletpaper", "shelf")] == [
        *("butter knives", "tomatoes", "watches", "loaves of bread", "rolls of toilet paper", "shelves"),
    ]
    assert [a("apple"), a("mug"), a("egg")] == ["an apple", "a mug", "an egg"]
    assert [at("fridge 1"), at("shelf 2"), at("drawer")] == ["in fridge 1", "on shelf 2", "in the drawer"]
    assert [counted(1, "egg"), counted(3, "knife")] == ["one egg", "three knives"]
    assert [join(["x"]), join(["x", "y"]), join(["x", "y", "z"], "or")] == ["x", "x and y", "x, y or z"]
    assert capitalized("no egg here. maybe there? yes") == "No egg here. Maybe there? Yes"


def test_the_page_shows_what_the_code_plays():
    """The generated house of docs/household.md is still the one that the code grows, told in the same words."""
    page = (ROOT / "docs" / "household.md").read_text()
    split, index = re.search(r"household --expert --split (\w+) --index (\d+)", page).groups()
    played = transcript(make_task(split, int(index)))
    assert re.findall(r"^\| \d+ \| (\*[^|]+) \|", page, re.MULTILINE) == [
        f"*{thought}* <br> `> {command}` <br> {observation}" for thought, command, observation in played
    ]
