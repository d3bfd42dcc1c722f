"""Rounds of self-play: explore, learn from it, judge, and go on with the better checkpoint.

========  =============================================================================================================
`rft`     learns from own successes: the base is trained again, on the union of the teacher's data, all successes so far
          and general data (STaR, ReST-EM and AgentEvol start from the base each time too: it guards against drift)
`eto`     learns from pairs of success and failure at one task: the checkpoint in place goes on with DPO
`grpo`    learns from rewards: the checkpoint in place goes on with GRPO, which explores by itself
========  =============================================================================================================
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from training.selfplay import stages
from training.selfplay.config import Config
from training.selfplay.experiment import PREPARED, Experiment
from training.selfplay.report import report
from training.selfplay.summary import START, control_of

__all__ = ["Loop"]


class Loop:
    """One experiment. What it knows stands in the folder, or follows from what stands there.

    Args:
        config: its settings.

    Raises:
        UsageError: the folder holds another experiment.
    """

    def __init__(self, config: Config):
        self.config, self._experiment = config, Experiment(config)
        self.results: dict[str, dict[str, Any]] = {}
        """Of each checkpoint, in order, by stage."""
        self.champion = START
        """The checkpoint in place."""
        self.stopped = ""
        """Why there was no further round."""
        self._explored: list[str] = []

    def run(self) -> None:
        """Do all that is not done yet.

        Raises:
            Unfinished: a machine failed; the same call again goes on.
            UsageError: the settings name what does not exist, or nothing is left to train on.
        """
        self._experiment.stage(PREPARED, partial(stages.prepare, self._experiment))
        self._start()
        idle = 0
        for number in range(1, self.config.rounds + 1):
            name = f"round-{number}"
            if not self._explore(name, number):
                break
            self._learn(name, number)
            self._measure(name)
            idle = 0 if self._judge(name) else idle + 1
            self._report()
            if idle == self.config.patience:
                self.stopped = f"{idle} rounds in a row brought no gain"
                break
        else:
            self.stopped = f"all {self.config.rounds} rounds are done"
        if self.config.control and self.champion != START:
            self._control()
        self._report()

    def _start(self) -> None:
        """Train the base on the teacher's data."""
        self._play(START, "teacher", self.config.teacher.policy, "tasks/teacher", self.config.seed)
        self._imitate(START, [f"{START}/teacher"], self.config.train.given() | self.config.start.given())
        self._measure(START)
        self._report()

    def _explore(self, name: str, number: int) -> bool:
        """Let the checkpoint in place play tasks that it sometimes solves. False when there are none such."""
        planned = self._stage(name, "plan", stages.plan, number, list(self._explored))
        policy, seed = self._policy(self.champion), self.config.seed + number
        if number == 1:
            found = self._stage(name, "preflight", stages.preflight, policy)
            if not found["enough"]:
                self.stopped = (
                    f"nothing to amplify: pass@k is {found['headroom']:.1%} above pass@1 on tasks of the exploration, "
                    f"gate.headroom asks for {self.config.gate.headroom:.1%}. Choose another difficulty or start"
                )
                return False
        if self.config.method == "grpo":
            return True
        for part in ("explore", "retry"):
            if planned[part]:
                self._play(name, part, policy, f"{name}/{part}", seed)
                self._explored.append(f"{name}/{part}")
        return True

    def _learn(self, name: str, number: int) -> None:
        """Make the checkpoint of a round, by the method of the settings."""
        if self.config.method == "rft":
            self._imitate(name, [f"{START}/teacher", *self._explored], self.config.train.given())
        elif self.config.method == "eto":
            self._stage(name, "pairs", stages.pair, name, [run for run in self._explored if run.startswith(f"{name}/")])
            self._stage(name, "train", stages.prefer, name, self.champion)
        else:
            self._stage(name, "train", stages.reinforce, name, self.champion, number)

    def _imitate(self, name: str, runs: list[str], options: dict[str, Any], size: int | None = None) -> None:
        """Filter, mix and train: the base learns from the successes of runs."""
        kept = self._stage(name, "keep", stages.keep, name, runs)
        self._stage(name, "mix", stages.mix, name, size or self._mixed(kept["conversations"]))
        self._stage(name, "train", stages.train, name, options)

    def _mixed(self, agent: int) -> int:
        """Conversations in a mixture that uses each of so many agent conversations once."""
        return round(agent / self.config.general.eta) if self.config.general.data else agent

    def _measure(self, name: str) -> None:
        policy = self._policy(name)
        for suite in ("dev", "novel"):
            if getattr(self.config.tasks, suite):
                self._play(name, suite, policy, f"tasks/{suite}", self.config.seed)
        if self.config.general.data:
            self._stage(name, "general", stages.measure, policy)

    def _judge(self, name: str) -> bool:
        """Whether the round's checkpoint takes the place."""
        general = [self.results[checkpoint].get("general") for checkpoint in (START, name)]
        verdict = self._stage(name, "gate", stages.gate, name, self.champion, *general)
        if verdict["promoted"]:
            self.champion = name
        return verdict["promoted"]

    def _control(self) -> None:
        """Train on the teacher's data alone, for as many steps as the checkpoint in place, with as much general data.

        Without it a gain could be one of more training.
        """
        name, size = control_of(self.champion), self.results[self.champion]["mix"]["conversations"]
        self._imitate(name, [f"{START}/teacher"], self.config.train.given(), size)
        self._measure(name)

    def _play(self, name: str, part: str, policy: str, tasks: str, seed: int) -> None:
        """Play a file of tasks in the run NAME/PART, with the options of its table."""
        options = self.config.evaluate if part in ("dev", "novel") else getattr(self.config, part)
        file = self.config.out / f"{tasks}.jsonl"
        self._stage(name, part, stages.play, f"{name}/{part}", policy, file, options, seed)

    def _stage(self, name: str, part: str, work: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
        """Do the stage NAME/PART, or read what it gave."""
        result = self._experiment.stage(f"{name}/{part}", partial(work, self._experiment, *args))
        self.results.setdefault(name, {})[part] = result
        return result

    def _report(self) -> None:
        report(self._experiment, self.results, self.champion, self.stopped)

    def _policy(self, name: str) -> str:
        return self.results[name]["train"]["policy"]
