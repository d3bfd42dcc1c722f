"""Names of people for the sites; the novel ones are in no training task."""

import random

__all__ = ["full_names", "nicknames"]

_FIRST = """Aaron Amelia Bruno Cara Dario Edith Fabian Gloria Harvey Ida Joel Kira Louis Mona Nathan Olga Pablo Rita
Stefan Tessa Ugo Vivian Wanda Yann Zara Anton Bella Cyrus Dora Elias Freya Gavin""".split()
_LAST = """Ashworth Brandt Coleman Dempsey Engel Faulkner Grimaldi Holm Irving Jurado Kessler Lindgren Marchetti Norris
Oakes Pryor Rourke Salazar Thorne Ulrich Vance Whitaker Yates Zimmer Barlow Crane Dahl Ellery""".split()
_NOVEL_FIRST = """Anwen Baltasar Cosima Dimitra Evander Fiorella Goran Hedda Idris Jovana Kasimir Ludmila Mateus Nerys
Ottavia Pascal Ragna Soren Thandi Ulises Vesna Wilhelmina Ximena Yorick""".split()
_NOVEL_LAST = """Albescu Bjornstad Chaudhry Delacroix Etxeberria Fonseca Gudmundsen Hrubesch Ilic Jakobsen Kowalczyk
Lagerfelt Mbeki Nakagawa Olufsen Papadakis Quintero Radulescu Szabo Tervonen Urquhart Vasquez""".split()
_NICK = (
    "amber brisk cedar dusty early faded gentle hazy iron jolly kind lucky mellow noble odd plain quiet rapid".split()
)
_NICK_NOUN = (
    "badger comet drummer falcon gardener heron kettle lantern maple otter pilot robin sailor turnip walker".split()
)
_NOVEL_NICK = "arcane bashful cobalt dapper eerie frosty glad hollow inky jaunty keen lofty misty nimble opal".split()
_NOVEL_NICK_NOUN = (
    "axolotl bassoon cypress dynamo ember fjord gazebo harpist iguana juggler kelpie lemur mandolin".split()
)


def full_names(rng: random.Random, count: int, novel: bool) -> list[str]:
    """First and last names, all different."""
    first, last = (_NOVEL_FIRST, _NOVEL_LAST) if novel else (_FIRST, _LAST)
    pairs = rng.sample(range(len(first) * len(last)), count)
    return [f"{first[pair % len(first)]} {last[pair // len(first)]}" for pair in pairs]


def nicknames(rng: random.Random, count: int, novel: bool) -> list[str]:
    """Names as people take them in forums, such as `quiet_heron`, all different."""
    first, last = (_NOVEL_NICK, _NOVEL_NICK_NOUN) if novel else (_NICK, _NICK_NOUN)
    pairs = rng.sample(range(len(first) * len(last)), count)
    return [f"{first[pair % len(first)]}_{last[pair // len(first)]}" for pair in pairs]
