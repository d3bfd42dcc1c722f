"""The people of a world: names that no two share, with an address and a telephone each."""

import random
from dataclasses import dataclass

__all__ = ["Person", "make_people"]

_FIRST = """Adam Alice Amara Ben Bianca Carlos Carmen Chloe Daniel Diana Elena Emre Erik Farah Felix Grace Hana
Hugo Ines Ivan Jack Jana Jonas Julia Karim Kate Lara Leo Lina Lucas Maria Marta Max Mina Nadia Nils
Nora Omar Paula Peter Priya Rafael Rosa Ruth Sam Sara Simon Sofia Tara Thomas Tom Vera Victor Yara
Yusuf Zoe""".split()
_LAST = """Adler Baker Bauer Becker Bennett Berg Bianchi Carter Castro Cohen Costa Cruz Dalton Diaz Dubois
Fischer Foster Garcia Gomez Haas Hansen Hayes Hoffman Ibrahim Jensen Kaya Keller Khan Kim Kovacs
Larsen Lopez Martin Mendes Meyer Moreau Murphy Nolan Novak Okafor Olsen Patel Pereira Petrov Quinn
Ramos Reid Rossi Santos Schmidt Silva Singh Tanaka Turner Vega Walsh Weber Young""".split()
_NOVEL_FIRST = """Aino Bodhi Caspian Delphine Eamon Fenna Gideon Halima Isolde Jasper Kaito Leocadia Maelle Nkechi
Orla Pelle Quentin Rumi Saoirse Tadeo Ulrika Viggo Wren Xanthe Ysolde Zephyr""".split()
_NOVEL_LAST = """Abernathy Blackwood Castellano Drummond Eriksen Fairweather Gallardo Hawthorne Isaksson Juarez
Kirkwood Lindqvist Montague Nightingale Oyelaran Pemberton Quimby Ravenscroft Sorensen Thackeray
Underhill Vandermeer Winslow Yamamoto Zielinski""".split()


@dataclass(frozen=True)
class Person:
    """Somebody, with an e-mail address and a telephone number that no one else has."""

    name: str
    email: str
    phone: str

    @property
    def first(self) -> str:
        """The first name."""
        return self.name.split()[0]


def make_people(rng: random.Random, count: int, novel: bool = False) -> list[Person]:
    """Draw people whose full names all differ; a few share a first name, as people do."""
    first, last = (_NOVEL_FIRST, _NOVEL_LAST) if novel else (_FIRST, _LAST)
    domain = rng.choice(("fennel.example", "harbor.example", "opal.example", "quarry.example"))
    numbers = rng.sample(range(1000, 10_000), count)
    people = []
    for surname, number in zip(rng.sample(last, count), numbers, strict=True):
        name = f"{rng.choice(first)} {surname}"
        people.append(Person(name, f"{name.lower().replace(' ', '.')}@{domain}", f"+1 555 {number}"))
    return people
