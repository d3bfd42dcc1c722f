"""`TextWorldEngine`: a game of ALFWorld in TextWorld's PDDL engine, with the names and texts of ALFWorld 0.4.2."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from envs.errors import UsageError
from envs.household.names import shown_names
from envs.household.texts import HELP
from envs.types import canonical_json

__all__ = ["TextWorldEngine"]

_NEWER_TEXTS = {
    '"You arrive at {lend.name}. ': '"You arrive at {r.name}. ',
    '"You put the {o.name} in/on the {r.name}."': '"You move the {o.name} to the {r.name}."',
    '"put {o} in/on {r}"': '"move {o} to {r}"',
}
"""What ALFWorld 0.4 changed in the grammar of the games published before it."""
_HELP_ACTION = "(:action help :parameters (?a - agent) :precondition () :effect (and (checked ?a)))"
_HELP_GRAMMAR = f"""
action help {{
    template :: "help";
    feedback :: "#help.feedback#";
    grammar :: \"""
        {{"help.feedback": [{{"rhs": {json.dumps(HELP)}}}]}}
    \""";
}}
"""


class TextWorldEngine:
    """A running game, behind the same methods as `Simulator`.

    Args:
        game: the game's `pddl_domain`, `pddl_problem` and `grammar`.

    Raises:
        UsageError: TextWorld or its planner is not installed.
    """

    def __init__(self, game: Mapping[str, str]):
        try:
            import fast_downward  # noqa: F401  TextWorld starts without it and fails later
            from textworld import EnvInfos
            from textworld.envs import PddlEnv
        except ImportError as error:
            how = "pip install 'agenttuning[household]', which builds a planner and takes some minutes"
            raise UsageError(f"the engine 'textworld' is not installed ({error}): {how}") from None
        self._env = PddlEnv(EnvInfos(won=True, admissible_commands=True))
        self._env.load(_as_of_0_4(game))
        names = shown_names(self._env._entity_infos)
        for identifier, entity in self._env._entity_infos.items():
            entity.name = names.get(identifier, identifier)
        self._state = self._env.reset()
        _welcome, self._intro, _task = self._state.feedback.split("\n\n")

    @property
    def won(self) -> bool:
        """Whether the goal is met now."""
        return bool(self._state.won)

    def intro(self) -> str:
        """What the agent sees at first."""
        return self._intro

    def act(self, command: str) -> str:
        """Carry out a command and say what happened."""
        self._state = self._env.step(command)[0]
        return self._state.feedback

    def admissible(self) -> list[str]:
        """Every command that does something now, sorted."""
        return self._state.admissible_commands

    def state_hash(self) -> str:
        """Equal for equal facts; what has been looked at and what is no longer so do not count."""
        facts = sorted(str(fact) for fact in self._state["_facts"] if not fact.name.startswith(("checked", "not_")))
        return hashlib.sha256(canonical_json(facts).encode()).hexdigest()[:16]


def _as_of_0_4(game: Mapping[str, str]) -> dict[str, Any]:
    domain, grammar = game["pddl_domain"], game["grammar"]
    for old, new in _NEWER_TEXTS.items():
        grammar = grammar.replace(old, new)
    if "action help" not in grammar:
        grammar += _HELP_GRAMMAR
        domain = domain.rstrip().removesuffix(")") + _HELP_ACTION + ")"
    return {**game, "pddl_domain": domain, "grammar": grammar}
