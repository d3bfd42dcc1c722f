"""Word lists that several domains draw from. The `novel` split has its own, so that none of its names was ever seen."""

__all__ = ["CITIES", "COUNTRIES", "FIRST", "LAST", "PETS", "PHONES"]
__all__ += ["NEW_CITIES", "NEW_COUNTRIES", "NEW_FIRST", "NEW_LAST"]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


FIRST = _words(
    "Ana Ben Carla David Elena Felix Grace Hugo Ines James Karen Leo Maria Nina Oscar Paula Rosa Samuel Teresa Victor "
    "Alice Bruno Clara Daniel Emma Frank Gloria Henry Irene Jack Laura Martin Nora Oliver Petra Rachel Simon Walter "
    "Adam Bella Cesar Diana Eric Fiona George Hannah Ivan Julia Kevin Linda Marcus Olga Peter Robert Sofia Thomas Vera"
)
LAST = _words(
    "Costa Meyer Silva Novak Rossi Jensen Moreau Keller Santos Brown Clark Davies Evans Fischer Garcia Hughes Ivanov "
    "Johnson Kowalski Lopez Marino Nielsen Ortega Parker Reyes Schmidt Turner Vargas Walsh Young Adams Bauer Carter "
    "Duarte Ferrari Gruber Hansen Jones Klein Lambert Miller Nunes Owens Pereira Quinn Ramos Stone Torres Weber Zeman"
)
CITIES = _words("Porto Lyon Graz Bergen Seville Turin Ghent Cork Leeds Krakow Malmo Basel Tampere Bristol Valencia")
COUNTRIES = _words(
    "Portugal France Austria Norway Spain Italy Belgium Ireland Poland Sweden Germany Finland Denmark Greece Japan"
)
PETS = _words(
    "Biscuit Coco Daisy Ginger Luna Milo Nala Otis Pepper Rocky Shadow Toby Whiskers Ziggy Bear Clover Dusty Fudge "
    "Jasper Kiwi Lucky Misty Nugget Olive Patch Rusty Smokey Tiger Willow Archie Bonnie Cleo Duke Echo Ferris Honey"
)

NEW_FIRST = _words(
    "Amara Bjorn Chiara Dmitri Esther Farid Giulia Hamid Isla Jonas Kaito Leila Mateo Noor Orla Priya Quentin Rafael "
    "Saskia Tariq Ulla Viktor Wanda Xenia Yusuf Zara Aiden Birgit Cyrus Dalia Emil Freya Gustav Heidi Igor Joana"
)
NEW_LAST = _words(
    "Abara Bergman Castel Dalgaard Eriksen Farouk Galvez Haddad Ito Jovanovic Khan Lindgren Mbeki Nakamura Petrov "
    "Qureshi Rinaldi Sato Tanaka Ueda Vance Wallin Yamada Zhou Achter Bello Cisneros Doyle Engel Fontana Grant Holm"
)
NEW_CITIES = _words("Quito Osaka Nairobi Perth Tallinn Cardiff Salvador Hobart Izmir Accra Calgary Busan Split Dakar")
NEW_COUNTRIES = _names("Kenya, Chile, Estonia, Peru, New Zealand, Morocco, Vietnam, Iceland, Ghana, Croatia, Nepal")

PHONES = ("061# ### ###", "+44 7### ######")
"""Patterns of a phone number; `#` is a digit."""
