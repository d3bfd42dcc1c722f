"""Who plays what: jobs handed out to workers that may die, so that none is lost and none is played twice."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from envs.types import Task
from rollout.crew import Job, satisfied
from rollout.trajectory import Trajectory

__all__ = ["DEATHS", "Handout", "Seat"]

DEATHS = 3
"""Workers in a row that one episode may take with it."""


@dataclass
class Seat:
    """The place of one worker. Another one takes it when that dies."""

    wanted: int = 0
    """Jobs that the worker could start at once."""
    playing: list[Job] = field(default_factory=list)
    rest: deque[Job] = field(default_factory=deque)
    """What only this worker may begin: other samples of a task that it plays."""
    alone: bool = False
    """Whether it plays a job that others died of, and so nothing else."""


class Handout:
    """A plan and those who play it.

    What a worker played when it died is handed out again. A job that was there at two deaths is then played by a
    worker that plays nothing else, so that a third death is its doing and not a neighbour's.

    Args:
        plan: every (task, sample), asked for one at a time, when a worker wants one.
        seats: of the workers.
        enough: successes of a task after which its further samples are left out. All samples of a task that follow
            each other in the plan are then played by one worker, which can cut those that are alive.
        successes: those that each task has already.
    """

    def __init__(
        self, plan: Iterable[Job], seats: list[Seat], enough: int | None, successes: Mapping[Task, int] | None = None
    ):
        parts = ([job] for job in plan) if enough is None else (part for _, part in groupby(plan, key=itemgetter(0)))
        self._parts, self._plan_ended = map(deque, parts), False
        self._enough, self._successes = enough, Counter(successes)
        self._again: deque[deque[Job]] = deque()
        self._suspects: deque[Job] = deque()
        self._deaths: Counter[Job] = Counter()
        self.seats = seats

    @property
    def over(self) -> bool:
        """Whether everything has been played."""
        left = self._again or self._suspects or any(seat.playing or seat.rest for seat in self.seats)
        return self._plan_ended and not left

    def take(self, seat: Seat) -> list[Job]:
        """What the worker is to begin now: as many jobs as it wants, as far as there are any."""
        if seat.alone:
            return []
        if self._suspects and seat.wanted and not seat.playing and not seat.rest:
            seat.alone, jobs = True, [self._suspects.popleft()]
        else:
            jobs = []
            while len(jobs) < seat.wanted and (job := self._next(seat)) is not None:
                jobs.append(job)
        seat.wanted -= len(jobs)
        seat.playing += jobs
        return jobs

    def ended(self, seat: Seat, trajectory: Trajectory) -> list[Job]:
        """Strike off an episode that has ended, and return what its success makes superfluous: the worker cuts that."""
        seat.playing.remove((trajectory.task, trajectory.sample))
        self._successes[trajectory.task] += trajectory.success
        cut = [job for job in seat.playing if self._satisfied(job[0])]
        seat.playing = [job for job in seat.playing if job not in cut]
        seat.alone = seat.alone and bool(seat.playing)
        return cut

    def died(self, seat: Seat) -> list[Job]:
        """Take back what a dead worker had, and return what is given up: a job that `DEATHS` workers died of."""
        self._deaths.update(seat.playing)
        given_up = [job for job in seat.playing if seat.alone and self._deaths[job] >= DEATHS]
        others = [job for job in seat.playing if job not in given_up]
        self._suspects += [job for job in others if self._deaths[job] >= DEATHS - 1]
        again = [job for job in others if self._deaths[job] < DEATHS - 1] + list(seat.rest)
        self._again += [deque(part) for _, part in groupby(again, key=itemgetter(0))]
        seat.wanted, seat.playing, seat.rest, seat.alone = 0, [], deque(), False
        return given_up

    def _next(self, seat: Seat) -> Job | None:
        while True:
            if not seat.rest:
                part = self._again.popleft() if self._again else next(self._parts, None)
                if part is None:
                    self._plan_ended = True
                    return None
                seat.rest = part
            job = seat.rest.popleft()
            if not self._satisfied(job[0]):
                return job

    def _satisfied(self, task: Task) -> bool:
        return satisfied(task, self._successes, self._enough)
