"""How ALFWorld names things: `Drawer_bar__plus_01_dot_63_bar_...` is shown as `drawer 4`."""

from collections import Counter
from collections.abc import Iterable

__all__ = ["shown_names"]


def shown_names(ids: Iterable[str]) -> dict[str, str]:
    """The name that the agent reads for each identifier of a PDDL problem that has coordinates.

    Identifiers are taken in lower case. The things of one kind are numbered downwards in their order.
    """
    kinds = {}
    for each in sorted({each.lower() for each in ids}):
        kind, mark, _ = each.partition("_bar_")
        if mark:
            kinds[each] = kind + "basin" * ("basin" in each)
    left = Counter(kinds.values())
    names = {}
    for each, kind in kinds.items():
        names[each] = f"{kind} {left[kind]}"
        left[kind] -= 1
    return names
