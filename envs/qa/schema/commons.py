"""Words for what countries have in common: currencies and languages, and the chemical elements."""

from envs.qa.schema.base import Fusion, Kind, Relation

__all__ = ["CURRENCY", "ELEMENT", "FAMILY", "LANGUAGE"]

_WARM = {"units": ("kelvin", "K", "kelvins")}
CURRENCY = Kind(
    "currency",
    "currencies",
    ("the currency", "it"),
    ("{s} is {type}.", "{s} is {type} in use today."),
    (
        Relation(
            "currency code",
            "text",
            ("Banks write {s} as {v}.", "The three-letter code of {s} is {v}."),
            ("What is the three-letter code of {x}?", "Which three-letter code do banks use for {x}?"),
            "the three-letter code of {x}",
            "code",
        ),
        Relation(
            "used in",
            "country",
            ("One pays with {s} in {v}.", "{s} is used in {v}.", "{s} is the money of {v}."),
            ("Where is {x} the currency? Name the countries and territories.", "Which countries use {x}?"),
            "the countries using {x}",
            "used in",
            members="use {x}",
        ),
    ),
)
LANGUAGE = Kind(
    "language",
    "languages",
    ("the language", "it"),
    ("{s} is {type}.", "{s} is {type} with official status."),
    (
        Relation(
            "language code",
            "text",
            ("The language code of {s} is {v}.", "{s} is marked by the code {v} in software."),
            ("What is the language code of {x}?", "By which code does software mark {x}?"),
            "the language code of {x}",
            "code",
        ),
        Relation(
            "official in",
            "country",
            ("{s} is official in {v}.", "{s} has official status in {v}.", "Official use of {s} is found in {v}."),
            ("In which countries is {x} an official language?", "Where is {x} an official language?"),
            "the countries with {x} as an official language",
            "official",
            members="have {x} as an official language",
        ),
    ),
)
ELEMENT = Kind(
    "chemical element",
    "chemical elements",
    ("the element", "it"),
    ("{s} is {type}.", "{s}, {type}, is one of the building blocks of matter."),
    (
        Relation(
            "symbol",
            "text",
            ("Chemists write {s} as {v}.", "The symbol of {s} is {v}.", "Its symbol is {v}."),
            ("What is the chemical symbol of {x}?", "How do chemists abbreviate {x}?"),
            "the symbol of {x}",
            "symbol",
        ),
        Relation(
            "atomic number",
            "number",
            ("The atomic number of {s} is {v}.", "{s} has {v} protons in its nucleus."),
            ("What is the atomic number of {x}?", "How many protons does an atom of {x} have?"),
            "the atomic number of {x}",
            "number",
            more="has a higher atomic number",
            less="has a lower atomic number",
            most="has the highest atomic number",
            least="has the lowest atomic number",
            units=("protons",),
        ),
        Relation(
            "atomic mass",
            "number",
            ("The atomic mass of {s} is {v}.", "{s} has an atomic mass of {v}."),
            ("What is the atomic mass of {x}?", "Which atomic mass does {x} have?"),
            "the atomic mass of {x}",
            "mass",
            units=("u", "Da"),
        ),
        Relation(
            "melting point",
            "number",
            ("{s} melts at {v} kelvin.", "The melting point of {s} is {v} kelvin."),
            ("At how many kelvin does {x} melt?", "What is the melting point in kelvin of {x}?"),
            "the melting point of {x}",
            "melts",
            more="has a higher melting point",
            less="has a lower melting point",
            most="has the highest melting point",
            least="has the lowest melting point",
            **_WARM,
        ),
        Relation(
            "boiling point",
            "number",
            ("{s} boils at {v} kelvin.", "The boiling point of {s} is {v} kelvin."),
            ("At how many kelvin does {x} boil?", "What is the boiling point in kelvin of {x}?"),
            "the boiling point of {x}",
            "boils",
            more="has a higher boiling point",
            less="has a lower boiling point",
            most="has the highest boiling point",
            least="has the lowest boiling point",
            **_WARM,
        ),
        Relation(
            "period",
            "number",
            ("{s} stands in period {v}.", "In the periodic table {s} is found in period {v}."),
            ("In which period of the periodic table is {x}?",),
            "the period of {x}",
            "period",
        ),
        Relation(
            "family",
            "element family",
            ("{s} is one of {v}.", "{s} is counted among {v}."),
            ("To which family of elements does {x} belong?", "Which family of elements is {x} a member of?"),
            "the element family of {x}",
            "family",
        ),
    ),
    (Fusion(("symbol", "atomic number"), ("{s} has the symbol {symbol} and the atomic number {atomic number}.",)),),
    ("The values are rounded.",),
)
FAMILY = Kind(
    "element family",
    "element families",
    ("the family", "it"),
    ("{s} are {type}.", "{s} form {type}."),
    (
        Relation(
            "members",
            "chemical element",
            ("The members are {v}.", "To this family belong {v}."),
            ("Which elements are {x}?", "Name {x}."),
            "the members of {x}",
            "member",
            members="belong to {x}",
        ),
    ),
)
