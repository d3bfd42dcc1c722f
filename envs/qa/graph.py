"""`QaGraphEnv`: the same facts as a knowledge graph, with the tools of AgentBench's knowledge graph task.

As there (Liu et al., arXiv 2308.03688), a result is a variable, `#0`, `#1` and so on, and the answer is one of them.
Unlike there, the members of a small variable are shown.
"""

from collections.abc import Callable

from envs.core import AgentEnv
from envs.errors import ToolError, UsageError, did_you_mean
from envs.qa.english import join_words, say
from envs.qa.facts import Value
from envs.qa.grade import answer_f1
from envs.qa.graph_expert import solve
from envs.qa.schema import KINDS, Relation
from envs.qa.tasks import generated_tasks
from envs.qa.world import get_world
from envs.tool import tool
from envs.types import Generated, Task

__all__ = ["QaGraphEnv"]

SHOWN = 5
"""Members of a variable that an observation names."""
MAX_NAME = 80
"""Characters of what was asked for that an error repeats."""


class QaGraphEnv(AgentEnv):
    """Questions over a knowledge graph. The reward is the F1 of the members of the variable answered.

    Needs the extra `qa`: the real things come from packages with open data, in pinned versions.
    """

    id = "AgentTuning/QaGraph-v0"
    licence = "Apache-2.0, with facts from the packages of the extra `qa` (MIT, BSD, CC BY 4.0, Unicode-3.0)"
    instructions = (
        "Answer the question from a knowledge graph. A variable is the name of a thing or a result such as #0. "
        "List relations or attributes before you use one. End with answer: the result that was asked for."
    )
    max_turns = 20

    @classmethod
    def tasks(cls, split: str) -> Generated:
        return generated_tasks(cls.id, split, graph=True)

    def setup(self, task: Task) -> None:
        if missing := {"world", "plan", "gold"} - task.data.keys():
            raise UsageError(f"task {task.id} of {self.id} lacks {sorted(missing)} in its data")
        self._world = get_world(task.data["world"])
        self._variables: list[tuple[str, tuple[Value, ...]]] = []
        self._answer: tuple[Value, ...] | None = None

    @tool
    def get_relations(self, variable: str) -> str:
        """List its relations."""
        kind, members = self._things(variable)
        names = [r.name for r in KINDS[kind].relations if any(self._world.facts.known(m, r.name) for m in members)]
        return ", ".join(names) or "It has no relations."

    @tool
    def get_neighbors(self, variable: str, relation: str) -> str:
        """Follow a relation."""
        kind, members = self._things(variable)
        chosen = self._relation(kind, relation, lambda r: True)
        values = dict.fromkeys(value for m in members for value in self._world.facts.known(m, chosen.name))
        if not values:
            raise ToolError(f"{variable[:MAX_NAME]} has no {chosen.name}.")
        return self._new(chosen.of, tuple(values))

    @tool
    def intersection(self, a: str, b: str) -> str:
        """What is in both."""
        (kind, members), (other, others) = self._members(a), self._members(b)
        if kind != other:
            raise ToolError(f"Both must be of one kind: {a[:MAX_NAME]} is {kind}, {b[:MAX_NAME]} is {other}.")
        return self._new(kind, tuple(member for member in members if member in others))

    @tool
    def get_attributes(self, variable: str) -> str:
        """List what can be compared."""
        kind, members = self._things(variable)
        names = [r.name for r in KINDS[kind].relations if r.is_ordered]
        return ", ".join(n for n in names if any(self._world.facts.known(m, n) for m in members)) or "It has none."

    @tool
    def argmax(self, variable: str, attribute: str) -> str:
        """The largest or latest."""
        return self._extreme(variable, attribute, max)

    @tool
    def argmin(self, variable: str, attribute: str) -> str:
        """The smallest or earliest."""
        return self._extreme(variable, attribute, min)

    @tool
    def count(self, variable: str) -> str:
        """Count its members."""
        return self._new("number", (len(self._members(variable)[1]),))

    @tool(final=True)
    def answer(self, variable: str) -> str:
        """End with a result."""
        if not variable.strip().startswith("#"):
            raise ToolError("The answer must be a result such as #0.")
        self._answer = self._members(variable)[1]
        return "Answered."

    def score(self) -> float:
        given = "; ".join(say(value) for value in self._answer or ())
        return answer_f1(given, self.task.data["gold"])

    def solve(self):
        return solve(self.task)

    def _members(self, variable: str) -> tuple[str, tuple[Value, ...]]:
        """The kind and the members of a variable, or of the thing of that name."""
        name = variable.strip()
        if name.startswith("#"):
            number = name[1:]
            if not (number.isascii() and number.isdigit() and int(number[:6]) < len(self._variables)):
                raise ToolError(f"There is no variable {name[:MAX_NAME]}; there are {len(self._variables)} so far.")
            return self._variables[int(number)]
        title = self._world.titles.find(name)
        if title is None:
            raise ToolError(f"The graph has nothing called {name[:MAX_NAME]!r}.")
        return self._world.facts[title].kind, (title,)

    def _things(self, variable: str) -> tuple[str, tuple[str, ...]]:
        kind, members = self._members(variable)
        if kind not in KINDS:
            raise ToolError(f"{variable.strip()[:MAX_NAME]} is a {kind}, which has no relations.")
        return kind, members

    def _relation(self, kind: str, name: str, fits: Callable[[Relation], bool]) -> Relation:
        known = {relation.name: relation for relation in KINDS[kind].relations if fits(relation)}
        if name.strip() not in known:
            near = did_you_mean(name[:MAX_NAME], known)
            raise ToolError(f"{KINDS[kind].plural.capitalize()} have no {name[:MAX_NAME]!r} to go by.{near}")
        return known[name.strip()]

    def _extreme(self, variable: str, attribute: str, choose: Callable) -> str:
        kind, members = self._things(variable)
        name = self._relation(kind, attribute, lambda relation: relation.is_ordered).name
        values = {m: known[0] for m in members if (known := self._world.facts.known(m, name))}
        if not values:
            raise ToolError(f"No member of {variable[:MAX_NAME]} has a {name}.")
        best = choose(values.values())
        return self._new(kind, tuple(member for member, value in values.items() if value == best))

    def _new(self, kind: str, values: tuple[Value, ...]) -> str:
        self._variables.append((kind, values))
        noun = kind if len(values) == 1 else KINDS[kind].plural if kind in KINDS else f"{kind}s"
        shown = [say(value) for value in values[:SHOWN]]
        names = join_words([*shown, f"{len(values) - SHOWN} more"] if len(values) > SHOWN else shown)
        return f"#{len(self._variables) - 1}: {len(values)} {noun}" + (f" ({names})" if values else "")
