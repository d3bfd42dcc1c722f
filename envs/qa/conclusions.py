"""What follows from values that were read: the sentence in which the expert compares, counts or computes."""

from collections.abc import Callable, Sequence

from envs.qa.english import join_words, say
from envs.qa.facts import Facts, Value
from envs.qa.plan import Result, sources_of

__all__ = ["conclude"]

Words = dict[str, str]


def conclude(facts: Facts, results: Sequence[Result], number: int, operation: str, arguments: list[str]) -> Words:
    """The words of the remark on step `number`, empty where a step only reads."""
    tell = _TELL.get(operation)
    return tell(_Conclusion(facts, results, results[number].values), *arguments) if tell else {}


class _Conclusion:
    """One step's result in words."""

    def __init__(self, facts: Facts, results: Sequence[Result], values: tuple[Value, ...]):
        self.facts, self.results, self.values = facts, results, values

    def both(self, a: str, b: str) -> Words:
        return {"values": self._names(self.values)}

    def count(self, source: str) -> Words:
        return {"values": self._names(sources_of(self.results, source)), "count": say(self.values[0])}

    def extreme(self, source: str, relation: str) -> Words:
        return {"pairs": self._pairs(source, relation), "values": self._names(self.values)}

    def winner(self, a: str, b: str) -> Words:
        return {"pairs": self._two(a, b), "values": self._names(self.values[:1])}

    def truth(self, direction: str, a: str, b: str) -> Words:
        return {"pairs": self._two(a, b), "verdict": "true" if self.values[0] == "yes" else "false"}

    def sum(self, a: str, b: str) -> Words:
        return {"terms": f"{self._said(a)} + {self._said(b)}", "result": say(self.values[0])}

    def total(self, source: str, relation: str) -> Words:
        terms = [say(self.facts.known(title, relation)[0]) for title in sources_of(self.results, source)]
        return {"terms": " + ".join(terms), "result": say(self.values[0])}

    def difference(self, a: str, b: str) -> Words:
        small, large = sorted((a, b), key=lambda source: self.results[int(source[1:])].values[0])
        return {"large": self._said(large), "small": self._said(small), "result": say(self.values[0])}

    def span(self, a: str, b: str) -> Words:
        return {"first": self._said(a), "second": self._said(b), "result": say(self.values[0])}

    def beyond(self, source: str, relation: str, limit: str) -> Words:
        pairs, values = self._pairs(source, relation), self._names(self.values)
        return {"pairs": pairs, "limit": self._said(limit), "values": values}

    def _said(self, source: str) -> str:
        return say(self.results[int(source[1:])].values[0])

    def _names(self, values: Sequence[Value]) -> str:
        return join_words([self.facts[value].mention if value in self.facts else say(value) for value in values])

    def _pairs(self, source: str, relation: str) -> str:
        titles = sources_of(self.results, source)
        return "; ".join(f"{self.facts[t].mention}: {say(self.facts.known(t, relation)[0])}" for t in titles)

    def _two(self, a: str, b: str) -> str:
        owners = [self.facts[self.results[int(source[1:])].owner].mention for source in (a, b)]
        return "; ".join(f"{owner}: {self._said(source)}" for owner, source in zip(owners, (a, b), strict=True))


_TELL: dict[str, Callable[..., Words]] = {
    "both": _Conclusion.both,
    "count": _Conclusion.count,
    "max": _Conclusion.extreme,
    "min": _Conclusion.extreme,
    "larger": _Conclusion.winner,
    "smaller": _Conclusion.winner,
    "truth": _Conclusion.truth,
    "sum": _Conclusion.sum,
    "total": _Conclusion.total,
    "difference": _Conclusion.difference,
    "days": _Conclusion.span,
    "years": _Conclusion.span,
    "beyond": _Conclusion.beyond,
}
