"""People, in two lists that share no name: one for the scenarios that are trained on, one for the novel ones."""

__all__ = ["NOVEL_PEOPLE", "SEEN_PEOPLE"]

_SEEN_FIRST = (
    "Ana Ben Clara David Elena Farid Grace Hugo Ines Jonas Kemal Lucia Mira Nils Olga Pedro Ruth Sara Tomas Vera"
)
_SEEN_LAST = "Lopes Carter Novak Haddad Berg Silva Moreau Kaya Jensen Romano Fischer Costa Petrov Walsh Dubois Santos"
_NOVEL_FIRST = (
    "Akira Bianca Cyrus Dalia Emeka Freya Goran Hana Ivo Jamila Katya Lorcan Mei Noor Otto Priya Quentin Rosa"
)
_NOVEL_LAST = "Abara Bianchi Castell Dimova Eriksen Forde Gupta Horvat Ito Jarvi Keller Lindqvist Mbeki Nakata Okafor"


def _people(first: str, last: str) -> tuple[str, ...]:
    """Each first name with three of the last names, so that neither alone says who is meant."""
    firsts, lasts = first.split(), last.split()
    return tuple(f"{name} {lasts[(i + 5 * k) % len(lasts)]}" for i, name in enumerate(firsts) for k in range(3))


SEEN_PEOPLE = _people(_SEEN_FIRST, _SEEN_LAST)
NOVEL_PEOPLE = _people(_NOVEL_FIRST, _NOVEL_LAST)
