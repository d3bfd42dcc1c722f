"""Invented names, dealt to the splits so that no two share one."""

import random
from collections.abc import Callable
from functools import cache
from itertools import product

from envs.types import SPLITS

__all__ = ["FIRST_NAMES", "Names", "dealt"]

FIRST_NAMES = {
    "she": (
        *("Ada", "Amara", "Beatriz", "Chiara", "Dilnoza", "Elif", "Esther", "Freya", "Greta", "Hana", "Ines", "Ingrid"),
        *("Joana", "Kavita", "Leila", "Lucia", "Mei", "Mirela", "Nadia", "Noor", "Olga", "Paula", "Rosa", "Sanna"),
        *("Tamar", "Ursula", "Vera", "Wanda", "Yuki", "Zora"),
    ),
    "he": (
        *("Adil", "Anton", "Bruno", "Cyril", "Dario", "Emil", "Farid", "Gustav", "Hamza", "Hugo", "Ivan", "Jonas"),
        *("Kofi", "Leon", "Luis", "Marek", "Mateo", "Nils", "Omar", "Oskar", "Pavel", "Rafael", "Ravi", "Samuel"),
        *("Tariq", "Tomas", "Viktor", "Wei", "Yusuf", "Zoltan"),
    ),
}
SYLLABLES = {
    "surname": (
        "Arv Bel Cald Dorn Elst Farr Gald Hask Ilv Jarn Kest Lorv Marl Nesk Orv Pell Quar Rost Selk Tarv Ulm Vask "
        "Wend Yarl Zand Brom Crev Dresk Fjel Grell Holv Krast",
        "anen aro berg eda elli enko esku etti ides iev inho ini ovic oyan quist sen strand wall wick",
    ),
    "company": (
        "Ax Bri Cor Dal Ev Fen Gly Hal In Jo Kel Lum Mer Nor Op Par Quo Ren Sol Tel Ult Ver Wol Xen Yv Zan",
        "aris dane dero gen ion ivo lith lora mont nova phane rex rica sona tane tex tica tron via zon",
    ),
    "product": (
        "Al Bo Ca Da El Fi Ga Hu Ig Ju Ka Li Mo Na Or Pi Ra Si Tu Ve Wi Zo Be Do Fu Ke Lo Mu Po Ti",
        "bel cino dora fane gario lenta mira nexa pola quill resta sanda tello vento zino brisa calo dune falo gema",
    ),
    "place": (
        "Ash Brack Cold Dun East Fair Glen Hart Iver Kirk Lang Mill Nether Oak Pen Raven Stone Thorn Under West "
        "Birch Clay Elm Fox Gold Hazel Long Moss Otter Rush Swan Wind",
        "borough bridge combe dale field ford gate haven holm hurst leigh mere mouth stead wick worth cross well "
        "brook ridge",
    ),
    "sea": (
        "Aur Bor Cael Dray Eir Fenr Gor Hesp Isk Kal Lyr Maris Nor Oce Pol Rhys Sar Thal Umb Vey Wyn Zeph Arg Ber Cor "
        "Dal Elg Fal Hal Jor Kyr Lor Mel Nar Tir Val",
        "abel adne andra anthe arix ela enna ethra idor ione issa odon olis omar oria ossa una yra alia emis "
        "ilo ona uvia",
    ),
}
_ATTEMPTS = 1000


@cache
def dealt(pool: str, split: str) -> tuple[str, ...]:
    """The names of a pool that belong to a split, in an order of no meaning.

    Args:
        pool: a key of `SYLLABLES`.
        split: one of `SPLITS`.
    """
    starts, ends = (part.split() for part in SYLLABLES[pool])
    names = sorted({start + end for start, end in product(starts, ends)})
    random.Random(pool).shuffle(names)
    return tuple(names[SPLITS.index(split) :: len(SPLITS)])


class Names:
    """Takes names out of the pools of one split, never the same twice."""

    def __init__(self, split: str, rng: random.Random):
        self._split, self._rng = split, rng
        self._used: set[str] = set()

    def pick(self, pool: str) -> str:
        """A name of a pool, perhaps one that was picked before."""
        return self._rng.choice(dealt(pool, self._split))

    def person(self) -> tuple[str, str]:
        """A person's name and pronoun. Many share a first name or a surname, none both."""
        pronoun = self._rng.choice(("he", "she"))
        return self.fresh(lambda: f"{self._rng.choice(FIRST_NAMES[pronoun])} {self.pick('surname')}"), pronoun

    def fresh(self, make: Callable[[], str]) -> str:
        """The first of `make()`, `make()`, ... that was not given before.

        Raises:
            ValueError: there is hardly a new one left.
        """
        for _ in range(_ATTEMPTS):
            if (name := make()) not in self._used:
                self._used.add(name)
                return name
        raise ValueError(f"names like {name!r} are used up")
