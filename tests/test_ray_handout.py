"""Who plays what among workers that die: by a simulation, without Ray."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.types import Task
from rollout.ray_handout import DEATHS, Handout, Job, Seat
from rollout.trajectory import Stop, Trajectory


def jobs(tasks: int, samples: int = 1) -> list[Job]:
    return [(Task("Toy/Echo-v0", f"Task {i}."), sample) for i in range(tasks) for sample in range(samples)]


def ended(job: Job, reward: float = 1.0) -> Trajectory:
    return Trajectory("r", *job, "p", "react", messages=[], steps=[], stop=Stop.FINISHED, reward=reward)


def fill(handout: Handout, slots: int) -> None:
    """Let every worker want as many jobs as it has free slots."""
    for seat in handout.seats:
        seat.wanted = slots - len(seat.playing)
        handout.take(seat)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 4), st.integers(1, 5), st.randoms())
def test_every_job_ends_once_whoever_dies(tasks: int, workers: int, slots: int, chance: random.Random):
    plan = jobs(tasks, samples=2)
    handout = Handout(iter(plan), [Seat() for _ in range(workers)], None)
    done, lives = Counter(), 5 * tasks
    while True:
        fill(handout, slots)
        if handout.over:
            break
        seat = chance.choice([seat for seat in handout.seats if seat.playing])
        assert len(seat.playing) <= slots
        if lives and chance.random() < 0.3:
            lives -= 1
            done.update(handout.died(seat))
        else:
            done[job := chance.choice(seat.playing)] += 1
            assert handout.ended(seat, ended(job)) == []
    assert done == Counter(plan)


def test_a_plan_is_asked_for_no_more_than_can_start():
    asked = []
    handout = Handout((asked.append(job) or job for job in jobs(9)), [Seat(), Seat()], None)
    fill(handout, 3)
    assert len(asked) == 6


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_that_kills_is_given_up_and_takes_no_other_with_it(workers: int):
    plan, played = jobs(20), []
    killer = plan[5]
    handout = Handout(plan, [Seat() for _ in range(workers)], None)
    given_up, deaths = [], 0
    while True:
        fill(handout, 4)
        if handout.over:
            break
        for seat in handout.seats:
            if killer in seat.playing:
                deaths += 1
                given_up += handout.died(seat)
            elif seat.playing:
                played.append(seat.playing[0])
                handout.ended(seat, ended(played[-1]))
    assert (given_up, deaths) == ([killer], DEATHS)
    assert sorted(job[0].id for job in played) == sorted(job[0].id for job in plan if job != killer)


def test_a_suspect_is_played_alone():
    handout = Handout(jobs(3), [Seat()], None)
    (seat,) = handout.seats
    for _ in range(DEATHS - 1):
        fill(handout, 3)
        assert len(seat.playing) == 3
        assert handout.died(seat) == []
    for _ in range(3):
        fill(handout, 3)
        assert len(seat.playing) == 1
        handout.ended(seat, ended(seat.playing[0]))
    fill(handout, 3)
    assert handout.over


def test_a_suspect_waits_for_a_worker_that_plays_nothing():
    suspect, other = jobs(2)
    first, second = Seat(wanted=1), Seat(wanted=1)
    handout = Handout([suspect, other], [first, second], None)
    assert [handout.take(first), handout.take(second)] == [[suspect], [other]]
    for _ in range(DEATHS - 2):
        handout.died(first)
        first.wanted = 1
        assert handout.take(first) == [suspect]
    handout.died(first)
    second.wanted = 1
    assert handout.take(second) == []
    first.wanted = 2
    assert handout.take(first) == [suspect]
    assert handout.take(first) == []


def test_where_enough_is_enough_one_worker_has_all_samples_of_a_task():
    plan = jobs(2, samples=4)
    first, second = Seat(), Seat()
    handout = Handout(plan, [first, second], enough=1)
    fill(handout, 2)
    assert [first.playing, second.playing] == [plan[:2], plan[4:6]]
    assert handout.ended(first, ended(plan[0], reward=0.0)) == []
    assert handout.ended(first, ended(plan[1])) == []
    fill(handout, 2)
    assert not first.playing, "the task has its success"
    assert handout.died(second) == []
    fill(handout, 4)
    assert first.playing == plan[4:], "what the dead worker played and had not begun stays together"
    assert handout.ended(first, ended(plan[6])) == [plan[4], plan[5], plan[7]]
    fill(handout, 4)
    assert handout.over


def test_successes_of_an_earlier_session_count():
    plan = jobs(2, samples=2)
    handout = Handout(plan, [Seat()], enough=2, successes={plan[0][0]: 1})
    fill(handout, 1)
    handout.ended(handout.seats[0], ended(plan[0]))
    fill(handout, 1)
    assert handout.seats[0].playing == [plan[2]]
