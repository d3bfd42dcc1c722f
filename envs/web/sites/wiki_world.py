"""What the wiki knows: kinds of articles with their facts, which point at one another, and the sentences about them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["NOVEL_WORLD", "SEEN_WORLD", "Kind", "World", "invent_names"]


@dataclass(frozen=True)
class Kind:
    """A kind of article.

    Args:
        category: what its articles are listed under.
        share: its part of all articles.
        endings: of its names; `{}` takes an invented word.
        facts: {name: "LOW-HIGH UNIT", "year LOW-HIGH", "link CATEGORY" or alternatives with |}; the first one makes a
            category of its own.
        intro: the first paragraph; `{title}`, `{land}` and the facts by name.
        sections: {heading: sentences to choose from}.
    """

    category: str
    share: float
    endings: tuple[str, ...]
    facts: dict[str, str]
    intro: str
    sections: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class World:
    """A made-up world with the syllables of its language."""

    name: str
    land: str
    starts: tuple[str, ...]
    middles: tuple[str, ...]
    kinds: tuple[Kind, ...]


_VELDRIA = World(
    "Veldripedia",
    "Veldria",
    tuple("Ar Bel Cor Dun El Fal Gar Hol Is Kel Lor Mar Nor Os Per Quen Ral Sol Tor Ul Var Wen".split()),
    tuple("a e i o an en in or ath el ill und".split()),
    (
        Kind("Towns", 0.3, ("{}ford", "{}wick", "{}mouth", "{}stead", "{}holm", "Port {}"),
             {"Region": "Northmarch|Southvale|Westfold|Eastmoor", "Population": "900-84000",
              "Founded": "year 1080-1890", "River": "link Rivers", "Mayor": "link People", "Area": "6-210 km2"},
             "{title} is a town in {Region}, {land}. It lies on the {River}.",
             {"History": ("A market was held here long before the town had walls.",
                          "The town burned down twice and was rebuilt in stone both times.",
                          "It was a border post until the treaty of the four regions."),
              "Economy": ("Most people work in the paper mills.", "The town is known for its cheese and its glass.",
                          "A shipyard closed thirty years ago; small workshops have moved in."),
              "Transport": ("The night train stops on request.", "A ferry runs every hour in summer.")}),
        Kind("Rivers", 0.1, ("{}", "River {}", "{} Water"),
             {"Region": "Northmarch|Southvale|Westfold|Eastmoor", "Length": "18-640 km", "Bridges": "2-48"},
             "The {title} is a river in {Region}, {land}.",
             {"Course": ("It rises in a bog and soon turns east.", "Its upper valley is narrow and steep."),
              "Wildlife": ("Otters have come back.", "Salmon pass in late autumn.")}),
        Kind("People", 0.3,
             ("Anna {}", "Bertil {}", "Clara {}", "Edgar {}", "Hilda {}", "Otto {}", "Thea {}"),
             {"Profession": "Painter|Botanist|Builder|Composer|Politician|Poet", "Born": "year 1801-1985",
              "Birthplace": "link Towns", "Works": "3-120"},
             "{title} is known in {land} for work as a {Profession_small}. The birthplace is {Birthplace}.",
             {"Life": ("The family moved house eleven times.", "A teacher noticed the talent early.",
                       "There were years abroad, of which little is known."),
              "Legacy": ("A street and a prize bear the name.", "The letters were published in three volumes.")}),
        Kind("Buildings", 0.18, ("{} Tower", "{} Hall", "{} Bridge", "{} Library", "{} Theatre"),
             {"Use": "Museum|Office|School|Concert hall|Residence", "Height": "9-148 m", "Completed": "year 1420-2015",
              "Town": "link Towns", "Architect": "link People"},
             "{title} is a building in {Town}. It was designed by {Architect}.",
             {"Architecture": ("The front is made of yellow brick.", "A spiral stair of oak leads to the roof."),
              "Today": ("Guided tours are held on Sundays.", "It is closed for repairs every February.")}),
        Kind("Festivals", 0.12, ("{} Fair", "{} Night", "{} Regatta", "Feast of {}"),
             {"Month": "March|May|June|August|October|December", "Visitors": "300-95000",
              "First held": "year 1690-2009", "Town": "link Towns"},
             "The {title} is held every {Month} in {Town}.",
             {"Customs": ("Everybody wears something green.", "The mayor throws rolls from the balcony."),
              "Programme": ("It opens with a boat race.", "The last evening ends with a torch dance.")}),
    ),
)  # fmt: skip

_HALCYON = World(
    "Orrery",
    "the Halcyon system",
    tuple("Ax Bry Cy Dra Eos Gly Hya Ix Jov Kry Lyr Myr Nyx Oph Pyr Rhe Syl Thy Umb Xan Zeph".split()),
    tuple("a e io u ar ean is on ym ora eth".split()),
    (
        Kind("Planets", 0.12, ("{}", "{} Prime", "{} Minor"),
             {"Class": "Rocky|Gas giant|Ice giant|Ocean", "Radius": "1200-71000 km", "Day length": "7-310 hours",
              "Rings": "0-9"},
             "{title} is a planet of {land}, listed under {Class_small}.",
             {"Surface": ("Storms cover the southern half for years.", "Its plains reflect almost all light."),
              "Observation": ("It is seen best shortly before dawn.", "Amateurs find it with small telescopes.")}),
        Kind("Moons", 0.3, ("{}", "{} II", "{} IV", "Little {}"),
             {"Type": "Icy|Volcanic|Captured|Shepherd", "Diameter": "8-5200 km", "Discovered": "year 1890-2140",
              "Planet": "link Planets", "Discoverer": "link Astronomers"},
             "{title} is a moon of {Planet}. It was found by {Discoverer}.",
             {"Geology": ("Cracks a kilometre deep cross the equator.", "Most craters are filled with frost."),
              "Orbit": ("It always shows the same face.", "Its path is tilted and slowly widening.")}),
        Kind("Missions", 0.26, ("{} 1", "{} 3", "{} Express", "{} Pathfinder"),
             {"Status": "Active|Completed|Lost|Planned", "Launched": "year 2061-2178", "Mass": "140-9800 kg",
              "Target": "link Moons", "Instruments": "2-14"},
             "{title} is a space mission to {Target}.",
             {"Spacecraft": ("Two of the four antennas never unfolded.", "It carries a drill as long as a hand."),
              "Results": ("It sent back the first sharp pictures.", "Its data filled nine catalogues.")}),
        Kind("Astronomers", 0.2, ("Aino {}", "Bao {}", "Dmitri {}", "Imani {}", "Noor {}", "Yuki {}"),
             {"Field": "Spectroscopy|Dynamics|Instruments|Cartography", "Born": "year 1860-2120", "Papers": "12-410",
              "Worked at": "link Observatories"},
             "{title} was an astronomer who worked at {Worked at}.",
             {"Life": ("The first telescope was built from a drainpipe.", "A weak eye was kept secret for years."),
              "Honours": ("A valley on the far side bears the name.", "The medal was declined twice.")}),
        Kind("Observatories", 0.12, ("{} Observatory", "{} Array", "Mount {} Station"),
             {"Site": "Orbit|Mountain|Desert|Polar", "Opened": "year 1870-2150", "Aperture": "40-3900 cm",
              "Staff": "4-260"},
             "{title} is one of the great observatories of {land}.",
             {"Instruments": ("The main mirror is cleaned with snow.", "A second dome stands empty."),
              "Visitors": ("Visits are possible on Thursdays.", "The guest house has twelve beds.")}),
    ),
)  # fmt: skip

SEEN_WORLD, NOVEL_WORLD = _VELDRIA, _HALCYON


def invent_names(rng: random.Random, world: World, kind: Kind, taken: set[str]) -> Iterator[str]:
    """Titles for a kind without end, none of which is in `taken`, where each is put."""
    while True:
        word = rng.choice(world.starts) + "".join(rng.sample(world.middles, rng.choice((1, 1, 2))))
        title = rng.choice(kind.endings).format(word)
        if title not in taken:
            taken.add(title)
            yield title
