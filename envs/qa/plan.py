"""How a question is answered: a few steps over the facts. They give the answer, and both experts follow them.

A step is a JSON list, its operation first. Where a step takes a source, that is a title or `#i`, the values of step i:

    ["get", source, relation]           the values of a relation
    ["both", #i, #j]                    what is in both
    ["max", #i, relation], ["min", ...] the one with the largest or smallest value
    ["count", #i]
    ["all", #i, #j]                     the values of both
    ["larger", #i, #j], ["smaller", ..] whose value it is, and the value; the earlier of two dates is the smaller
    ["truth", "more" | "less", #i, #j]  yes or no, and both values
    ["difference", #i, #j], ["total", #i, relation], ["sum", #i, #j]
    ["days", #i, #j], ["years", #i, #j] whole days or years from the first to the second
    ["beyond", #i, relation, #j]        those of #i whose value is above that of #j
    ["unstated", source, relation]      what no document says
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from envs.qa.english import say
from envs.qa.facts import Facts, Value
from envs.qa.grade import UNANSWERABLE
from envs.qa.schema import Relation

__all__ = ["READING", "Result", "Step", "Unfit", "evaluate", "forms_of", "sources_of"]

Step = Sequence[Any]
READING = ("get", "max", "min", "total", "beyond", "unstated")
"""Operations that read something in the document of each thing of their first argument."""


class Unfit(Exception):
    """These facts do not suit the question: no answer, or not exactly one right one."""


@dataclass(frozen=True)
class Result:
    """What a step gives: values, the relation they were read from, and whose they are."""

    values: tuple[Value, ...]
    relation: Relation | None = None
    owner: str = ""
    unit: str = ""


def evaluate(facts: Facts, plan: Sequence[Step]) -> list[Result]:
    """The result of each step.

    Raises:
        Unfit: a step has no result, or no single one where it must.
    """
    evaluation = _Evaluation(facts)
    for operation, *arguments in plan:
        result = _OPERATIONS[operation](evaluation, *arguments)
        if not result.values:
            raise Unfit
        evaluation.results.append(result)
    return evaluation.results


def sources_of(results: Sequence[Result], source: str) -> tuple[str, ...]:
    """The titles that a source stands for."""
    return results[int(source[1:])].values if source.startswith("#") else (source,)


def forms_of(facts: Facts, result: Result) -> list[list[str]]:
    """For each value of a result, the ways to write it in an answer."""
    units = result.relation.units if result.relation else (result.unit,) if result.unit else ()
    return [_forms(facts, value, units) for value in result.values]


def _forms(facts: Facts, value: Value, units: Sequence[str]) -> list[str]:
    if isinstance(value, str):
        if value in UNANSWERABLE:
            return list(UNANSWERABLE)
        return list(dict.fromkeys((value, facts[value].mention, *facts[value].aliases))) if value in facts else [value]
    if isinstance(value, date):
        return [say(value)]
    return [say(value), *(f"{say(value)} {unit}" for unit in units)]


class _Evaluation:
    """The operations, over the results so far."""

    def __init__(self, facts: Facts):
        self.facts, self.results = facts, []

    def get(self, source: str, relation: str) -> Result:
        titles = self._titles(source)
        known = [self.facts.known(title, relation) for title in titles]
        if not all(known):
            raise Unfit
        values = tuple(dict.fromkeys(value for values in known for value in values))
        return Result(values, self.facts.relation(titles[0], relation), titles[0])

    def both(self, a: str, b: str) -> Result:
        others = self._titles(b)
        return Result(tuple(value for value in self._titles(a) if value in others))

    def max(self, source: str, relation: str) -> Result:
        return self._extreme(source, relation, max)

    def min(self, source: str, relation: str) -> Result:
        return self._extreme(source, relation, min)

    def count(self, source: str) -> Result:
        return Result((len(self._titles(source)),))

    def all(self, a: str, b: str) -> Result:
        return Result(self._titles(a) + self._titles(b))

    def larger(self, a: str, b: str) -> Result:
        return self._winner(a, b, max)

    def smaller(self, a: str, b: str) -> Result:
        return self._winner(a, b, min)

    def truth(self, direction: str, a: str, b: str) -> Result:
        left, right = self._value(a), self._value(b)
        if left == right:
            raise Unfit
        verdict = "yes" if (left > right) == (direction == "more") else "no"
        return Result((verdict, left, right), self._result(a).relation)

    def difference(self, a: str, b: str) -> Result:
        return Result((_rounded(abs(self._value(a) - self._value(b))),), self._result(a).relation)

    def sum(self, a: str, b: str) -> Result:
        return Result((_rounded(self._value(a) + self._value(b)),), self._result(a).relation)

    def total(self, source: str, relation: str) -> Result:
        values = self._numbers(source, relation)
        return Result((_rounded(sum(values.values())),), self.facts.relation(next(iter(values)), relation))

    def days(self, a: str, b: str) -> Result:
        return Result(((self._value(b) - self._value(a)).days,), unit="days")

    def years(self, a: str, b: str) -> Result:
        first, second = self._value(a), self._value(b)
        before_birthday = (second.month, second.day) < (first.month, first.day)
        return Result((second.year - first.year - before_birthday,), unit="years")

    def beyond(self, source: str, relation: str, limit: str) -> Result:
        bar = self._value(limit)
        return Result(tuple(title for title, value in self._numbers(source, relation).items() if value > bar))

    def unstated(self, source: str, relation: str) -> Result:
        if self.facts.known(_single(self._titles(source)), relation):
            raise Unfit
        return Result((UNANSWERABLE[0],))

    def _extreme(self, source: str, relation: str, choose: Callable) -> Result:
        values = self._numbers(source, relation)
        best = choose(values.values())
        return Result((_single([title for title, value in values.items() if value == best]),))

    def _winner(self, a: str, b: str, choose: Callable) -> Result:
        best = choose(self._value(a), self._value(b))
        winner = _single([self._result(source) for source in (a, b) if self._value(source) == best])
        return Result((winner.owner, best), winner.relation)

    def _titles(self, source: str) -> tuple[str, ...]:
        return sources_of(self.results, source)

    def _result(self, source: str) -> Result:
        return self.results[int(source[1:])]

    def _value(self, source: str) -> Any:
        return _single(self._result(source).values)

    def _numbers(self, source: str, relation: str) -> dict[str, Any]:
        """The number or date of each member."""
        return {title: _single(self.facts.known(title, relation)) for title in self._titles(source)}


def _single(values: Sequence[Any]) -> Any:
    if len(values) != 1:
        raise Unfit
    return values[0]


def _rounded(value: float) -> float:
    """Without the dust of binary fractions: 0.1 + 0.2 is 0.3."""
    return round(value, 2)


_OPERATIONS: dict[str, Callable[..., Result]] = {
    "get": _Evaluation.get,
    "both": _Evaluation.both,
    "max": _Evaluation.max,
    "min": _Evaluation.min,
    "count": _Evaluation.count,
    "all": _Evaluation.all,
    "larger": _Evaluation.larger,
    "smaller": _Evaluation.smaller,
    "truth": _Evaluation.truth,
    "difference": _Evaluation.difference,
    "sum": _Evaluation.sum,
    "total": _Evaluation.total,
    "days": _Evaluation.days,
    "years": _Evaluation.years,
    "beyond": _Evaluation.beyond,
    "unstated": _Evaluation.unstated,
}
