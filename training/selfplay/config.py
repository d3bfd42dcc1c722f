"""The settings of a self-play experiment: one TOML file, checked whole before any work.

`[play]`, `[teacher]`, `[explore]`, `[retry]` and `[evaluate]` take the options of `rollout.collect`, `[dataset]` those
of `training.dataset`, `[train]` and `[start]` those of `training.sft`, and `[pairs]`, `[dpo]` and `[grpo]` those of the
verbs of that name. They are read off these functions: there is no second list of them.
"""

import inspect
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from envs.errors import UsageError, did_you_mean
from rollout.collect import collect
from rollout.filters import parse_filters
from training.dataset import dataset
from training.dpo import dpo
from training.grpo import grpo
from training.pairs import pairs
from training.sft import sft

__all__ = ["Config", "read_config"]


class Section(BaseModel):
    """A table of the file. Every key in it must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """The keys that have a value. The options of a verb have none unless the file, or this module, sets them."""
        return self.model_dump(exclude_none=True)


def _options(verb: Callable, *, without: str) -> type[Section]:
    """The options of a verb as a table, but for those that the loop itself sets."""
    parameters = inspect.signature(verb).parameters.values()
    fields = {p.name: (p.annotation, None) for p in parameters if p.name not in without.split()}
    return create_model(verb.__name__, __base__=Section, **fields)


Play = _options(collect, without="policy env tasks split difficulty n first run seed store")
Dataset = _options(dataset, without="runs out agent general eta unit size curriculum tokenizer seed store")
Train = _options(sft, without="data out base seed")
Pairs = _options(pairs, without="runs out tokenizer store")
Dpo = _options(dpo, without="data out base seed")
Grpo = _options(grpo, without="env base out difficulty run store seed")


class Teacher(Play):
    policy: str = "expert"
    """Who plays the teacher's tasks: a policy of rollout.collect."""


class Explore(Play):
    samples: int = Field(4, ge=2)
    temperature: float = 1.0


class Retry(Play):
    samples: int = 8
    temperature: float = 1.0


class Evaluate(Play):
    temperature: float = 0.0


class Tasks(Section):
    envs: tuple[str, ...] = Field(min_length=1)
    """Environments, by short name or id. The numbers below are of each."""
    difficulty: str | None = None
    """1 to 5, or a range as in 1-2; all without it."""
    teacher: int = Field(16, ge=1)
    """Tasks of the split `train`, which the teacher plays."""
    explore: int = Field(100, ge=1)
    """Tasks of the split `explore` that the student plays in a round."""
    retry: int = Field(0, ge=0)
    """Tasks never solved so far that it plays again, with the samples of `[retry]`."""
    preflight: int = Field(30, ge=1)
    """Tasks of the first exploration after which it is decided whether to go on."""
    dev: int = Field(100, ge=1)
    """Tasks of the split `dev`, by which rounds are judged."""
    novel: int = Field(0, ge=0)
    """Tasks of the split `novel`: templates and words that are never trained on."""


class General(Section):
    data: tuple[str, ...] = ()
    """Conversations: files, folders or hub data sets. Without them there is no general part and no measure."""
    eta: float = Field(0.5, gt=0, lt=1)
    """Share of agent conversations in what is trained on."""
    held_out: int = Field(200, ge=1)
    """So many are never trained on: the likelihood is measured on them."""
    max_tokens: int = Field(512, ge=1)
    """Of these, longer ones are left out."""


class Gate(Section):
    """A checkpoint takes the place when all of it holds, in 95% intervals; else the one before it stays."""

    headroom: float = Field(0.15, ge=0, le=1)
    """Before the first round: pass@k - pass@1 must be at least this, or there is nothing to amplify."""
    dev: float = Field(0.05, ge=0, le=1)
    """Success on dev must rise, and the interval of the change exclude a loss of this."""
    novel: float = Field(0.1, ge=0, le=1)
    """On novel the interval of the change must not lie wholly beyond a loss of this."""
    general: float = Field(0.02, ge=0)
    """The interval of the rise of the general negative log-likelihood, over that of the start, must end below this."""


class Config(Section):
    out: Path
    """The folder of the experiment."""
    base: str = "smollm2"
    """The model to train: smollm2 or a model folder."""
    method: Literal["rft", "eto", "grpo"] = "rft"
    """What a round learns from: own successes, pairs of success and failure, or rewards (`training.selfplay.loop`)."""
    rounds: int = Field(3, ge=1)
    """At most so many. May be raised later."""
    patience: int = Field(2, ge=1)
    """Stop after so many rounds in a row without promotion."""
    control: bool = False
    """At the end, train on the teacher's data alone for as many steps as the best round (method rft)."""
    seed: int = 0
    tasks: Tasks
    play: Play = Play()
    """Of every run, where its own table says nothing else."""
    teacher: Teacher = Teacher()
    explore: Explore = Explore()
    retry: Retry = Retry()
    evaluate: Evaluate = Evaluate()
    general: General = General()
    dataset: Dataset = Dataset()
    train: Train = Train()
    start: Train = Train()
    """Of the first checkpoint, where it differs from `[train]`."""
    pairs: Pairs = Pairs()
    dpo: Dpo = Dpo()
    grpo: Grpo = Grpo()
    gate: Gate = Gate()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.method == "grpo" and len(self.tasks.envs) > 1:
            raise ValueError("grpo trains on one environment: tasks.envs must name one")
        parse_filters(self.dataset.filters or "")
        if self.method != "rft" and self.control:
            raise ValueError("the control belongs to method rft: set control = false")
        return self


def read_config(path: Path) -> Config:
    """Read a settings file.

    Raises:
        UsageError: no such file, not TOML, or a key that is unknown, missing or has a wrong value; names each.
    """
    try:
        return Config(**tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        raise UsageError(f"{path}: {'; '.join(map(_sentence, error.errors()))}") from None


def _sentence(error: Any) -> str:
    if not error["loc"]:
        return error["msg"].removeprefix("Value error, ")
    *tables, key = map(str, error["loc"])
    where = ".".join([*tables, key])
    if error["type"] != "extra_forbidden":
        return f"{where}: {error['msg'].lower()}"
    model = Config
    for table in tables:
        model = model.model_fields[table].annotation
    return f"no key {where!r}.{did_you_mean(key, model.model_fields)} Known here: {', '.join(model.model_fields)}"
