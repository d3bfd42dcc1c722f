"""English for prompts and thoughts: articles, plurals, prepositions, and compound names as people write them."""

import re
from collections.abc import Sequence

__all__ = ["a", "at", "capitalized", "counted", "join", "number", "plural", "preposition", "spoken"]

_SPOKEN = {
    word.replace(" ", ""): word
    for word in (
        "alarm clock, arm chair, baby bottle, bank lamp, bathtub basin, bike helmet, bleach bottle, bread bin, "
        "butter knife, cell phone, changing table, coffee machine, coffee table, compost bin, credit card, desk "
        "lamp, diaper pail, dining table, dish sponge, display case, filing cabinet, flour sack, flower box, "
        "flower bulb, flower pot, folding table, garbage can, garden glove, glass bottle, hand towel, hand towel "
        "holder, harvest basket, hole punch, honey jar, ironing board, jam jar, jar shelf, key chain, laundry "
        "basket, laundry hamper, letter rack, linen closet, night light, oil drum, paint can, paper towel roll, "
        "pepper shaker, picture book, play mat, potting bench, remote control, rocking chair, salt shaker, seed "
        "cabinet, seed packet, serving cart, side table, sink basin, soap bar, soap bottle, spray bottle, stove "
        "burner, tape measure, teddy bear, tire rack, tissue box, tool chest, tool rack, towel holder, toy block, "
        "toy car, toy chest, toy rack, trestle table, washing machine, watering can, window sill, wine bottle, "
        "work light, writing desk"
    ).split(", ")
}
_SPOKEN |= {"cd": "CD", "tvstand": "TV stand", "toiletpaperhanger": "toilet paper hanger"}
_SPOKEN |= {"bread": "loaf of bread", "lettuce": "head of lettuce", "toiletpaper": "roll of toilet paper"}
_IRREGULAR = {"knife": "knives", "loaf": "loaves", "shelf": "shelves"}
_SURFACES = frozenset(
    "armchair bed bookcase cart changingtable clothesline coffeemachine coffeetable countertop crib desk "
    "diningtable dresser foldingtable handtowelholder hanger ironingboard jarshelf oildrum ottoman pegboard "
    "playmat pottingbench rockingchair servingcart shelf sidetable sofa stool stoveburner tirerack toilet "
    "toiletpaperhanger toolrack towelholder toyrack trestletable tvstand windowsill workbench writingdesk".split()
)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spoken(kind: str) -> str:
    """As people write it: `remote control` for `remotecontrol`."""
    return _SPOKEN.get(kind, kind)


def a(noun: str) -> str:
    """`an apple`, `a mug`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def plural(noun: str) -> str:
    """`alarm clocks`, `butter knives`, `loaves of bread`."""
    noun, of, what = noun.partition(" of ")
    *first, last = noun.split(" ")
    if base := next((word for word in _IRREGULAR if last.endswith(word)), None):
        last = last.removesuffix(base) + _IRREGULAR[base]
    elif re.search(r"(s|x|ch|sh|ato)$", last):
        last += "es"
    elif re.search(r"[^aeiou]y$", last):
        last = last[:-1] + "ies"
    else:
        last += "s"
    return " ".join([*first, last]) + of + what


def preposition(receptacle: str) -> str:
    """`on` for surfaces, `in` for what has an inside."""
    return "on" if receptacle.partition(" ")[0] in _SURFACES else "in"


def at(receptacle: str) -> str:
    """`in cabinet 3`, `on the desk`."""
    return f"{preposition(receptacle)} {receptacle if ' ' in receptacle else f'the {receptacle}'}"


def capitalized(text: str) -> str:
    """With a capital letter at the start of every sentence."""
    return re.sub(r"(^|[.?!] )([a-z])", lambda start: start[0].upper(), text)


def counted(n: int, noun: str) -> str:
    """`one egg`, `two eggs`."""
    return f"{number(n)} {noun if n == 1 else plural(noun)}"


def number(n: int) -> str:
    """`three` for 3."""
    return _NUMBERS[n]


def join(phrases: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} {last} {phrases[-1]}"
