"""The invented things of every split but `novel`: what no model can know from elsewhere."""

import random
from datetime import date, timedelta

from envs.qa.english import with_article
from envs.qa.facts.base import Entity, Facts
from envs.qa.facts.builder import Builder

__all__ = ["add_business"]

PEOPLE, COMPANIES, SCHOOLS, EVENTS = 420, 230, 90, 260
PROFESSIONS = ("engineer", "designer", "chemist", "teacher", "architect", "economist", "writer", "inventor")
COMPANY_FORMS = ("{} Group", "{} Systems", "{} Works", "{} Labs", "{} Trading", "{} Partners", "{} Industries")
TRADES = {
    "lamps": (("desk lamp", "lantern", "reading light"), (300, 4_000)),
    "kitchen tools": (("kettle", "toaster", "coffee grinder"), (400, 4_000)),
    "radios": (("pocket radio", "loudspeaker", "record player"), (200, 6_000)),
    "bicycles": (("folding bicycle", "touring bicycle", "cargo bicycle"), (9_000, 28_000)),
    "clocks": (("wall clock", "alarm clock", "wristwatch"), (40, 1_900)),
    "instruments": (("barometer", "microscope", "telescope"), (250, 6_000)),
    "toys": (("model train", "spinning top", "puzzle box"), (60, 2_400)),
}
"""What a company makes: kinds of product, and how heavy they are, in grams."""
MODELS = ("{} 2", "{} 3", "{} 5", "{} Mini", "{} Plus", "{} One", "{} Max")
SCHOOL_FORMS = ("{} University", "{} Institute", "{} Academy of Arts", "{} School of Design", "{} College")
EVENT_FORMS = ("{} Book Fair", "{} Jazz Festival", "{} Science Days", "{} Design Week", "{} Chess Cup", "{} Food Fair")


def add_business(facts: Facts, split: str, rng: random.Random) -> None:
    """Add people, companies, products, schools and events, linked with each other and with real cities."""
    BusinessBuilder(facts, split, rng).build()


class BusinessBuilder(Builder):
    """Makes one split's things, in an order in which what is linked to is there before."""

    def build(self) -> None:
        schools = [self._school() for _ in range(SCHOOLS)]
        people = [self._person(self.rng.choice(schools)) for _ in range(PEOPLE)]
        for school, director in zip(schools, self.rng.sample(people, SCHOOLS), strict=True):
            self.link(school, "director", director, "school directed")
        founders = people[: COMPANIES * 2 // 3]
        trades = self.rng.choices(sorted(TRADES), k=COMPANIES)
        companies = {self._company(self.rng.choice(founders), trade): trade for trade in trades}
        for company, trade in companies.items():
            team = self._team(company, people)
            for _ in range(self.rng.randint(2, 4)):
                self._product(company, self.rng.choice(team), *TRADES[trade])
        while len(self.facts.of_kind("event")) < EVENTS:
            self._events(self.rng.choice(schools), self.rng.sample(list(companies), 2))

    def _school(self) -> str:
        title = self.names.fresh(lambda: self.rng.choice(SCHOOL_FORMS).format(self.names.pick("place")))
        known = {"city": (self.rng.choice(self.cities),), "opening date": (self.day(1890, 1950),)}
        known |= self.numbers({"students": self.rng.randint(180, 24_000)})
        self._add(title, "school", "a school", known)
        return title

    def _person(self, school: str) -> str:
        name, pronoun = self.names.person()
        known = {"date of birth": (self.day(1935, 1978),), "birthplace": (self.rng.choice(self.cities),)}
        self._add(name, "person", with_article(self.rng.choice(PROFESSIONS)), known, pronoun)
        self.link(name, "alma mater", school, "graduates")
        return name

    def _company(self, founder: str, trade: str) -> str:
        title = self.names.fresh(lambda: self.rng.choice(COMPANY_FORMS).format(self.names.pick("company")))
        (born,) = self.facts.known(founder, "date of birth")
        known = self.numbers({"employees": self.rng.randint(12, 30_000)})
        known["founding date"] = (self.day(born.year + 20, born.year + 39),)
        known["headquarters"] = (self.rng.choice(self.cities),)
        self._add(title, "company", f"a maker of {trade}", known)
        self.link(title, "founder", founder, "companies founded")
        return title

    def _team(self, company: str, people: list[str]) -> list[str]:
        """Two designers who were of age when the company was founded, as its founder was."""
        (founded,) = self.facts.known(company, "founding date")
        of_age = [name for name in people if self.facts.known(name, "date of birth")[0].year + 18 <= founded.year]
        return self.rng.sample(of_age, min(2, len(of_age)))

    def _product(self, company: str, designer: str, types: tuple[str, ...], weights: tuple[int, int]) -> None:
        title = self.names.fresh(lambda: self.rng.choice(MODELS).format(self.names.pick("product")))
        (founded,) = self.facts.known(company, "founding date")
        released = self.day(founded.year + 1, 2024)
        known = self.numbers({"price": self.rng.randint(19, 1_900), "weight": self.rng.randint(*weights)})
        known["release date"] = (released,)
        self._add(title, "product", with_article(self.rng.choice(types)), known)
        self.link(title, "maker", company, "products")
        self.link(title, "designer", designer, "products designed")

    def _events(self, school: str, sponsors: list[str]) -> None:
        """Two to four years of an event in one place."""
        name = self.names.fresh(lambda: self.rng.choice(EVENT_FORMS).format(self.names.pick("place")))
        oldest = max(self.facts.known(sponsor, "founding date")[0].year for sponsor in sponsors)
        first = self.rng.randint(max(oldest + 1, 1996), 2020)
        for year in range(first, first + self.rng.randint(2, 4)):
            start = self.day(year, year)
            end = min(start + timedelta(days=self.rng.randint(2, 16)), date(year, 12, 31))
            known = {"first day": (start,), "last day": (end,)}
            known |= self.numbers({"visitors": self.rng.randint(200, 90_000)})
            title = f"{name} {year}"
            self._add(title, "event", with_article(name.split(" ", 1)[1].lower()), known, mention=f"the {title}")
            self.link(title, "venue", school, "events hosted")
            self.link(title, "sponsor", self.rng.choice(sponsors), "events sponsored")

    def _add(self, title: str, kind: str, type: str, known: dict, pronoun: str = "it", mention: str = "") -> None:
        self.facts.add(Entity(title, kind, type, known, mention, pronoun))
