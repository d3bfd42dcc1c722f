"""What goes wrong in episodes: why they ended, and which pathologies they show, turn by turn. Rules, no model asked.

`python -m evaluation.failures RUN` counts them by world, `python -m evaluation.failures RUN OTHER` says what drifted.
`status` is one word an episode, AgentBench's (Liu et al. 2023, 2308.03688); `pathologies` are any number, after the
error analysis of AgentTuning (Zeng et al. 2023, 2310.12823). The two are independent of each other.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import RenderableType
from rich.table import Table

from envs.cli import main
from envs.errors import ArgumentsError, FormatError, UnknownToolError, UsageError
from envs.format import FORMATS
from envs.types import canonical_json
from evaluation.comparison import Difference, difference, pair_up
from evaluation.metrics import grouped, to_json
from evaluation.statistics import holm
from evaluation.tables import interval_text, methods_text, percent, points, print_parts, table, world_name
from rollout.store import DEFAULT_STORE, Store
from rollout.trajectory import Step, Stop, Trajectory

__all__ = ["PATHOLOGIES", "STATUSES", "FailureCounts", "Pathology"]
__all__ += ["count_failures", "drift", "failures", "pathologies", "status"]

STATUSES = {
    Stop.FINISHED: "completed",
    Stop.MAX_TURNS: "task limit reached",
    Stop.CONTEXT: "agent context limit",
    Stop.FORMAT: "agent validation failed",
    Stop.TIMEOUT: "unknown",
    Stop.POLICY_ERROR: "unknown",
    Stop.ENV_ERROR: "task error",
}
"""AgentBench's status of each `Stop`. Its `agent invalid action` never occurs: here an invalid action ends nothing."""

PATHOLOGIES = {
    "short_repetition": "The action and what it led to are those of the turn before.",
    "long_repetition": "The agent is at an action for the third time, with the same result, and got nowhere between.",
    "invalid_format": "The message could not be read as an action.",
    "invalid_action": "The action names a tool that does not exist, or its arguments do not fit.",
    "tool_error": "The tool ran and refused or failed.",
    "refusal": "Instead of acting, or as the final word of a failed episode, the agent says that it will not.",
    "hallucinated_observation": "The message itself contains an observation or a turn of the user.",
    "early_answer": "The first action that ran ended the episode, and failed.",
    "wrong_answer": "The agent ended the episode after other actions, and failed.",
}
"""Every kind of pathology, and what it means."""

_SLIPS = (FormatError.kind, UnknownToolError.kind, ArgumentsError.kind)
_REFUSAL = re.compile(
    r"\b(?:i'?m|i am) sorry,? but|\bi (?:must |have to )?apologi[sz]e\b|\bas an? (?:ai|(?:large )?language model)\b"
    r"|\bi(?: can'?t| ?can ?not| won'?t| will not|(?: am|'m) (?:not able|unable|not allowed) to) "
    r"(?:help|assist|answer|provide|fulfil|comply|complete|perform|access|execute|continue|do (?:that|this|it))"
)
_HEADERS = "|".join(re.escape(form.observe("").split()[0]) for form in FORMATS.values())
_OTHERS_TURN = re.compile(
    rf"^[ \t]*(?:{_HEADERS})|\n\n(?:Human|User):|<\|im_start\|>|<\|start_header_id\|>|<\|user\|>|\[INST\]", re.MULTILINE
)


@dataclass(frozen=True)
class Pathology:
    """One of `PATHOLOGIES` at one turn of an episode."""

    kind: str
    turn: int
    """The `Step.turn` of the action that shows it, 1 for the first."""
    detail: str
    """What was seen, one line for a reader."""


@dataclass(frozen=True)
class _Turn:
    """An action and what followed it."""

    step: Step
    text: str
    said: str | None
    """What the world said to it; None for the last action, to which nobody was shown the answer."""

    @property
    def action(self) -> str:
        return self.text if self.step.call is None else canonical_json(self.step.call)

    def repeats(self, other: "_Turn") -> bool:
        """Whether both are the same action with the same result; of an unseen one its kind of error has to do."""
        unseen = None in (self.said, other.said)
        same = self.step.error is not None if unseen else self.said == other.said
        return same and (self.action, self.step.error) == (other.action, other.step.error)


def status(trajectory: Trajectory) -> str:
    """Why the episode ended, in AgentBench's words."""
    return STATUSES[trajectory.stop]


def pathologies(trajectory: Trajectory) -> list[Pathology]:
    """Every pathology that the episode shows, by turn; one kind at most once a turn. Shots are not looked at."""
    turns = _turns(trajectory)
    found = [*_mistakes(turns), *_repetitions(turns), *_words(turns), *_ending(trajectory, turns)]
    return sorted(found, key=lambda pathology: (pathology.turn, list(PATHOLOGIES).index(pathology.kind)))


def _turns(trajectory: Trajectory) -> list[_Turn]:
    own = [message for message in trajectory.messages if "shot" not in message]
    written = [i for i, message in enumerate(own) if message["role"] == "assistant"]
    # An environment that broke has left a message without a step.
    return [
        _Turn(step, own[i]["content"], own[i + 1]["content"] if i + 1 < len(own) else None)
        for i, step in zip(written, trajectory.steps, strict=False)
    ]


def _mistakes(turns: Sequence[_Turn]) -> Iterator[Pathology]:
    for turn in turns:
        match turn.step.error:
            case None:
                continue
            case FormatError.kind:
                kind, what = "invalid_format", turn.text
            case UnknownToolError.kind | ArgumentsError.kind:
                kind, what = "invalid_action", turn.action
            case _:
                kind, what = "tool_error", turn.said or turn.action
        yield Pathology(kind, turn.step.turn, _line(what))


def _repetitions(turns: Sequence[_Turn]) -> Iterator[Pathology]:
    advances = _advances(turns)
    for position, turn in enumerate(turns):
        alike = [i for i in range(position) if turn.repeats(turns[i])]
        visits = [i for i in alike if i - 1 not in alike]
        if position - 1 in alike:
            detail = f"as in turn {turns[position - 1].step.turn}: {turn.action}"
            yield Pathology("short_repetition", turn.step.turn, _line(detail))
        elif len(visits) >= 2 and not any(advances[alike[-1] + 1 : position]):
            before = ", ".join(str(turns[i].step.turn) for i in visits)
            yield Pathology("long_repetition", turn.step.turn, _line(f"as in turns {before}: {turn.action}"))


def _advances(turns: Sequence[_Turn]) -> list[bool]:
    """Whether each action led to a state and to an observation that the episode had not had.

    Both, since a look around is new without changing anything, and since the default `state_key` is never the same.
    """
    states, saids, advances = set(), set(), []
    for turn in turns:
        advances.append(turn.step.state_key not in states and turn.said not in saids)
        states.add(turn.step.state_key)
        saids.add(turn.said)
    return advances


def _words(turns: Sequence[_Turn]) -> Iterator[Pathology]:
    for turn in turns:
        if turn.step.call is None and _refuses(turn.text):
            yield Pathology("refusal", turn.step.turn, _line(turn.text))
        if marker := _OTHERS_TURN.search(turn.text):
            yield Pathology("hallucinated_observation", turn.step.turn, _line(turn.text[marker.start() :]))


def _ending(trajectory: Trajectory, turns: Sequence[_Turn]) -> Iterator[Pathology]:
    """What is wrong with the action by which the agent itself ended the episode."""
    if not turns or trajectory.stop is not Stop.FINISHED or trajectory.success:
        return
    last = turns[-1]
    kind = "early_answer" if all(turn.step.error in _SLIPS for turn in turns[:-1]) else "wrong_answer"
    yield Pathology(kind, last.step.turn, _line(f"reward {trajectory.reward:.2f} for {last.action}"))
    if last.step.call and _refuses(" ".join(v for v in last.step.call["arguments"].values() if isinstance(v, str))):
        yield Pathology("refusal", last.step.turn, _line(last.action))


def _refuses(text: str) -> bool:
    return bool(_REFUSAL.search(text.replace("\u2019", "'").casefold()))


def _line(text: str, limit: int = 120) -> str:
    """The text on one line, cut."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


@dataclass(frozen=True)
class FailureCounts:
    """How many episodes of a run, invalid ones too, ended how and show what."""

    episodes: int
    statuses: Mapping[str, int]
    pathologies: Mapping[str, int]
    """Episodes that show a kind at least once, for every kind."""


def count_failures(trajectories: Iterable[Trajectory]) -> FailureCounts:
    """Count the statuses and the pathologies of episodes."""
    episodes = list(trajectories)
    shown = Counter(kind for episode in episodes for kind in _kinds(episode))
    statuses = Counter(map(status, episodes))
    return FailureCounts(len(episodes), dict(statuses.most_common()), {kind: shown[kind] for kind in PATHOLOGIES})


def drift(before: Iterable[Trajectory], after: Iterable[Trajectory]) -> dict[str, Difference]:
    """For every kind of pathology how the share of episodes that show it changed, paired by (env, task, sample).

    Raises:
        UsageError: no episode of one run can be paired with one of the other.
    """
    pairs = pair_up(before, after)
    kinds = {episode.id: _kinds(episode) for pair in pairs for episode in pair}
    return {kind: difference(pairs, lambda t, kind=kind: kind in kinds[t.id]) for kind in PATHOLOGIES}


def failures(
    run: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    other: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="OTHER")] = None,
    json: Path | None = None,
    store: Path = DEFAULT_STORE,
) -> int:
    """Print why the episodes of a run ended and which pathologies they show, by world, and what changed in another.

    Args:
        run: name of a run in the store.
        other: name of a second run, paired with the first task by task.
        json: also write the figures to this file.
        store: the SQLite file that holds both.
    """
    with Store(store) as opened:
        first = list(opened.select(run=run))
        second = list(opened.select(run=other)) if other else []
    if not first:
        raise UsageError(f"run {run!r} has no episodes to look at")
    counts = {env: count_failures(group) for env, group in grouped(first, lambda t: t.task.env).items()}
    counts["all"] = count_failures(first)
    changes = drift(first, second) if other else {}
    print_parts([*_count_tables(counts), *(_drift_parts(changes) if changes else [])])
    if json:
        found = {"run": run, "worlds": {env: to_json(count) for env, count in counts.items()}}
        found |= {"other": other, "drift": {kind: to_json(change) for kind, change in changes.items()}}
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


def _kinds(trajectory: Trajectory) -> set[str]:
    return {pathology.kind for pathology in pathologies(trajectory)}


def _count_tables(counts: Mapping[str, FailureCounts]) -> list[Table]:
    names = [world_name(env) for env in counts]
    ended, shown = table("Episodes that ended as", *names), table("Episodes that show", *names)
    for word in dict.fromkeys(STATUSES.values()):
        if word in counts["all"].statuses:
            ended.add_row(word, *(f"{c.statuses.get(word, 0) / c.episodes:.0%}" for c in counts.values()))
    for kind in PATHOLOGIES:
        shown.add_row(kind, *(f"{c.pathologies[kind] / c.episodes:.0%}" for c in counts.values()))
    shown.add_section()
    shown.add_row("episodes", *(str(c.episodes) for c in counts.values()))
    return [ended, shown]


def _drift_parts(changes: Mapping[str, Difference]) -> list[RenderableType]:
    made = table("Pathology", "before", "after", "change", "95% interval", "p (Holm)")
    adjusted = holm([change.p for change in changes.values()])
    for (kind, change), p in zip(changes.items(), adjusted, strict=True):
        rates = [percent(change.before), percent(change.after), points(change.change)]
        made.add_row(kind, *rates, interval_text(change.interval, signed=True), f"{p:.2g}")
    pairs = next(iter(changes.values())).n
    return [made, f"{pairs} pairs. {methods_text(change.interval for change in changes.values())}"]


if __name__ == "__main__":
    main(failures)
