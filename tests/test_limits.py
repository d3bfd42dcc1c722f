"""The limits find what a model and its environments can take, in a simulation with its own clock."""

import heapq
from random import Random

import pytest

from rollout.limits import Limits

ENDLESS = 10_000


class World:
    """Episodes that go between a model and their environments for ever. Times vary by a third either way.

    Args:
        limits: what is tried.
        t_model, t_env: seconds of a call and of a step, once they are begun.
        batch: calls that the model computes at a time; more wait at the server.
        cores: steps that the machine computes at a time.
    """

    def __init__(self, limits, t_model, t_env, batch, cores):
        self.limits, self.seconds, self.servers = (
            limits,
            {"model": t_model, "env": t_env},
            {"model": batch, "env": cores},
        )
        self.waiting, self.serving = {"model": 0, "env": 0}, {"model": 0, "env": 0}
        self.random, self.events = Random(1), []
        self.now = self.call_seconds = 0.0
        self.replies = self.door = self.in_flight = self.alive = self.most_alive = 0

    def run(self, seconds):
        """Replies a second over the next `seconds`."""
        before, end = self.replies, self.now + seconds
        self.fill()
        while self.now < end:
            tick = self.now + 0.25
            while self.events and self.events[0][0] < tick:
                moment, place = heapq.heappop(self.events)
                self.advance(moment)
                self.leave(place)
            self.advance(tick)
            if self.limits.update(self.now, self.replies, self.call_seconds):
                self.fill()
        return (self.replies - before) / seconds

    def advance(self, moment):
        self.call_seconds += self.in_flight * (moment - self.now)
        self.now = moment

    def fill(self):
        while self.alive < self.limits.live:
            self.alive += 1
            self.enter("env")
        self.most_alive = max(self.most_alive, self.alive)
        self.admit()

    def admit(self):
        while self.door and self.in_flight < self.limits.calls:
            self.door, self.in_flight = self.door - 1, self.in_flight + 1
            self.enter("model")

    def enter(self, place):
        self.waiting[place] += 1
        self.serve(place)

    def serve(self, place):
        while self.waiting[place] and self.serving[place] < self.servers[place]:
            self.waiting[place], self.serving[place] = self.waiting[place] - 1, self.serving[place] + 1
            heapq.heappush(self.events, (self.now + self.seconds[place] * self.random.uniform(2 / 3, 4 / 3), place))

    def leave(self, place):
        self.serving[place] -= 1
        self.serve(place)
        if place == "model":
            self.in_flight, self.replies = self.in_flight - 1, self.replies + 1
            self.enter("env")
        elif self.alive > self.limits.live:
            self.alive -= 1
        else:
            self.door += 1
        self.admit()


@pytest.mark.parametrize(
    ("t_model", "t_env", "batch", "cores", "best", "alive"),
    [
        pytest.param(0.4, 0.2, 40, ENDLESS, 100, 200, id="the model's batch is full"),
        pytest.param(0.4, 5.0, 16, ENDLESS, 40, 256, id="and is so behind 200 slow environments"),
        pytest.param(0.4, 0.2, ENDLESS, ENDLESS, 256 / 0.6, 256, id="a server without end"),
        pytest.param(0.4, 0.2, ENDLESS, 2, 10, 32, id="two cores behind a model"),
        pytest.param(0.0, 0.2, ENDLESS, 2, 10, 32, id="two cores behind an expert"),
    ],
)
def test_throughput_comes_close_to_the_best_there_is(t_model, t_env, batch, cores, best, alive):
    world = World(Limits(None, None), t_model, t_env, batch, cores)
    world.run(90)
    assert 0.95 * best < world.run(200) < 1.05 * best
    assert world.most_alive <= alive


def test_more_calls_than_the_model_can_take_are_taken_back():
    world = World(Limits(None, None), 0.4, 0.0, 40, ENDLESS)
    world.run(300)
    assert 40 <= world.limits.calls <= 60


@pytest.mark.parametrize(
    ("calls", "live", "first", "last"),
    [
        (16, 24, (16, 24), (16, 24)),
        (1, None, (1, 1), (1, 1)),
        (4, None, (4, 4), (4, 16)),
        (None, 8, (8, 8), (8, 8)),
        (None, 60, (16, 60), (16, 60)),
        (None, None, (16, 16), (24, 256)),
    ],
)
def test_what_is_given_is_kept(calls, live, first, last):
    """Behind slow environments the calls are never full, so that only the other limit may stop what is looked for."""
    limits = Limits(calls, live)
    assert (limits.calls, limits.live) == first
    assert limits.fixed == (first == last and live != 60)
    World(limits, 0.4, 5.0, ENDLESS, ENDLESS).run(400)
    assert (limits.calls, limits.live) == last


def test_nothing_changes_before_a_window_is_over():
    limits = Limits(None, None)
    assert not limits.update(100.0, 5_000, 7_000.0)
    assert not limits.update(101.0, 5_800, 7_016.0)  # too short
    assert not limits.update(160.0, 5_000 + 16, 7_000.0)  # too few replies
    assert limits.update(162.0, 5_000 + 3 * 16, 7_000.0)
    assert (limits.calls, limits.live) == (16, 32)


def test_a_raise_that_brings_nothing_is_tried_again_later_and_later():
    limits, raised = Limits(None, None), []
    for window in range(60):
        limits.update(10.0 * window, 100 * window, 0.0)
        if limits.live > 16:
            raised.append(window)
    assert raised == [1, 11, 29]
