"""The invented things of the split `novel` alone: ships, yards, explorers, expeditions, islands, lighthouses."""

import random
from datetime import timedelta

from envs.qa.facts.base import Entity, Facts
from envs.qa.facts.builder import Builder

__all__ = ["add_seafaring"]

YARDS, EXPLORERS, SHIPS, EXPEDITIONS, ISLANDS = 60, 170, 240, 330, 330
RIGS = ("a schooner", "a barque", "a brigantine", "a steamer", "a survey ship")


def add_seafaring(facts: Facts, split: str, rng: random.Random) -> None:
    """Add what the registers of the split list, linked with each other and with real cities."""
    SeafaringBuilder(facts, split, rng).build()


class SeafaringBuilder(Builder):
    """Makes the things in an order in which what is linked to is there before."""

    def build(self) -> None:
        yards = [self._yard() for _ in range(YARDS)]
        explorers = [self._explorer() for _ in range(EXPLORERS)]
        ships = [self._ship(self.rng.choice(yards)) for _ in range(SHIPS)]
        expeditions = []
        while len(expeditions) < EXPEDITIONS:
            # A leader keeps to two ships, so that leader and ship together mean something.
            leader, vessels = self.rng.choice(explorers), self.rng.sample(ships, 2)
            for _ in range(self.rng.randint(2, 4)):
                expeditions.append(self._expedition(leader, self.rng.choice(vessels)))
        for _ in range(ISLANDS):
            self._island(self.rng.choice(expeditions))

    def _yard(self) -> str:
        title = self.names.fresh(lambda: f"{self.names.pick('place')} {self.rng.choice(('Yard', 'Slips', 'Dockyard'))}")
        known = {"harbour": (self.rng.choice(self.cities),), **self.numbers({"slipways": self.rng.randint(3, 40)})}
        return self._add(title, "shipyard", "a shipyard", known)

    def _explorer(self) -> str:
        name, pronoun = self.names.person()
        known = {"home port": (self.rng.choice(self.cities),), "first voyage": (self.day(1862, 1882),)}
        miles = self.numbers({"nautical miles": self.rng.randint(4_000, 190_000)})
        return self._add(name, "explorer", "an explorer", known | miles, pronoun)

    def _ship(self, yard: str) -> str:
        form = self.rng.choice(("{}", "Star of {}", "{} Maid"))
        title = self.names.fresh(lambda: form.format(self.names.pick("sea")))
        known = {"launch": (self.day(1845, 1885),), "length": (self._tenths(220, 990),)}
        self._add(title, "ship", self.rng.choice(RIGS), known | self.numbers({"crew": self.rng.randint(9, 180)}), "she")
        self.link(title, "builder", yard, "ships built")
        return title

    def _expedition(self, leader: str, ship: str) -> str:
        form = self.rng.choice(("{} Survey", "{} Expedition", "{} Passage"))
        title = self.names.fresh(lambda: f"{form.format(self.names.pick('sea'))} of {self.rng.randint(1886, 1912)}")
        year = int(title[-4:])
        start = self.day(year, year)
        back = start + timedelta(days=self.rng.randint(40, 900))
        self._add(title, "expedition", "a voyage of discovery", {"departure": (start,), "return": (back,)})
        self.link(title, "leader", leader, "expeditions led")
        self.link(title, "vessel", ship, "voyages")
        return title

    def _island(self, expedition: str) -> None:
        form = self.rng.choice(("{} Island", "Isle of {}", "{} Rock"))
        title = self.names.fresh(lambda: form.format(self.names.pick("sea")))
        known = self.numbers({"highest point": self.rng.randint(11, 2_400), "coastline": self._tenths(8, 4_000)})
        self._add(title, "island", "an island", known)
        self.link(title, "charted by", expedition, "islands charted")
        for _ in range(self.rng.choice((0, 1, 2, 3))):
            self._lighthouse(title)

    def _lighthouse(self, island: str) -> None:
        form = self.rng.choice(("{} Light", "{} Point Light", "{} Beacon", "{} Head Light", "{} Pier Light"))
        title = self.names.fresh(lambda: form.format(self.names.pick("place")))
        known = {"first lit": (self.day(1916, 1960),), "tower height": (self._tenths(60, 690),)}
        self._add(title, "lighthouse", "a lighthouse", known | self.numbers({"visibility": self.rng.randint(11, 55)}))
        self.link(title, "stands on", island, "lighthouses")

    def _add(self, title: str, kind: str, type: str, known: dict, pronoun: str = "it") -> str:
        # The names of ships and voyages take an article in a sentence, a city's does not.
        with_the = kind in ("ship", "expedition") or title.startswith("Isle of")
        mention = f"the {title}" if with_the else ""
        self.facts.add(Entity(title, kind, type, known, mention, pronoun))
        return title

    def _tenths(self, least: int, most: int) -> float:
        """A number with one decimal that is not 0, between two numbers of tenths."""
        return (self.rng.randint(least, most) // 10 * 10 + self.rng.randint(1, 9)) / 10
