"""Words for real countries, cities and time zones."""

from envs.qa.schema.base import Fusion, Kind, Relation

__all__ = ["CITY", "COUNTRY", "ZONE"]

POPULATION = {
    "look": "population",
    "more": "has more inhabitants",
    "less": "has fewer inhabitants",
    "most": "has the most inhabitants",
    "least": "has the fewest inhabitants",
    "units": ("people", "inhabitants"),
}
COUNTRY = Kind(
    "country",
    "countries",
    ("the country", "it"),
    ("{s} is {type} that this library describes.", "{s} is {type}.", "This article is about {s}, {type}."),
    (
        Relation(
            "continent",
            "text",
            ("{s} is counted as part of {v}.", "{s} belongs to {v}.", "The continent of {s} is {v}."),
            ("Which continent does {x} belong to?", "What is the continent of {x}?"),
            "the continent of {x}",
            "continent",
        ),
        Relation(
            "capital",
            "city",
            ("The capital of {s} is {v}.", "{s} has {v} as its capital.", "{s} is governed from its capital, {v}."),
            ("What is the capital of {x}?", "Which city is the capital of {x}?"),
            "the capital of {x}",
            "capital",
        ),
        Relation(
            "population",
            "number",
            ("{s} has a population of {v}.", "The population of {s} is put at {v}.", "{s} is home to {v} people."),
            ("How many people live in {x}?", "What is the population of {x}?"),
            "the population of {x}",
            **POPULATION,
        ),
        Relation(
            "area",
            "number",
            (
                "{s} covers {v} square kilometres.",
                "The area of {s} is {v} square kilometres.",
                "{s} extends over {v} square kilometres.",
            ),
            ("What is the area in square kilometres of {x}?", "How many square kilometres does {x} cover?"),
            "the area in square kilometres of {x}",
            "square kilometres",
            more="is larger by area",
            less="is smaller by area",
            most="is the largest by area",
            least="is the smallest by area",
            units=("square kilometres", "square kilometers", "km2", "km²", "sq km"),
        ),
        Relation(
            "currency",
            "currency",
            ("The currency of {s} is {v}.", "{s} pays with {v}.", "Money in {s} is {v}."),
            ("What is the currency of {x}?", "Which currency is used in {x}?"),
            "the currency of {x}",
            "currency",
        ),
        Relation(
            "official languages",
            "language",
            (
                "In official matters {s} uses {v}.",
                "{s} gives official status to {v}.",
                "The law of {s} recognises {v} as official.",
            ),
            ("Which languages are official in {x}?", "What are the official languages of {x}?"),
            "the official languages of {x}",
            "official",
            members="are official in {x}",
        ),
        Relation(
            "neighbours",
            "country",
            ("{s} has land borders with {v}.", "{s} borders {v}.", "By land, {s} meets {v}."),
            ("Which countries border {x}?", "Which countries share a land border with {x}?"),
            "the countries bordering {x}",
            "border",
            members="border {x}",
        ),
        Relation(
            "calling code",
            "text",
            ("Telephone numbers of {s} begin with {v}.", "The calling code of {s} is {v}."),
            ("What is the telephone calling code of {x}?", "With which code does one dial {x} from abroad?"),
            "the calling code of {x}",
            "code",
        ),
        Relation(
            "internet domain",
            "text",
            ("Its internet addresses end in {v}.", "The internet domain of {s} is {v}."),
            ("What is the internet domain of {x}?", "Which internet domain belongs to {x}?"),
            "the internet domain of {x}",
            "internet",
        ),
    ),
    (
        Fusion(("population", "area"), ("{population} people live in {s}, on {area} square kilometres.",)),
        Fusion(("capital", "currency"), ("The capital of {s} is {capital}; one pays with {currency}.",)),
    ),
    ("The figures are those of the GeoNames gazetteer.", "Figures of this kind change slowly and are rounded by some."),
)
CITY = Kind(
    "city",
    "cities",
    ("the city", "it"),
    ("{s} is {type}.", "{s} is {type} listed by the GeoNames gazetteer.", "This is the entry for {s}, {type}."),
    (
        Relation(
            "country",
            "country",
            ("{s} lies in {v}.", "{s} is in {v}.", "{s} belongs to {v}."),
            ("In which country is {x}?", "Which country is {x} in?"),
            "the country of {x}",
            "country",
        ),
        Relation(
            "population",
            "number",
            ("{s} has a population of {v}.", "{v} people live in {s}.", "The population of {s} is given as {v}."),
            ("How many people live in {x}?", "What is the population of {x}?"),
            "the population of {x}",
            **POPULATION,
        ),
        Relation(
            "time zone",
            "time zone",
            (
                "Clocks in {s} follow the zone {v}.",
                "The time zone of {s} is {v}.",
                "{s} keeps the time of the zone {v}.",
            ),
            ("Which time zone is {x} in?", "What is the time zone of {x}?"),
            "the time zone of {x}",
            "zone",
        ),
        Relation(
            "capital of",
            "country",
            ("{s} is the capital of {v}.", "{s} serves as the capital of {v}."),
            ("Of which country is {x} the capital?",),
            "the country whose capital is {x}",
            "capital",
        ),
    ),
    (
        Fusion(("country", "population"), ("{s} is in {country} and has a population of {population}.",)),
        Fusion(("country", "time zone"), ("{s} lies in {country}, and its clocks follow the zone {time zone}.",)),
    ),
    ("The gazetteer counts the city itself, not its suburbs.", "Other places may bear the same name."),
)
ZONE = Kind(
    "time zone",
    "time zones",
    ("the zone", "it"),
    ("{s} is {type} of the IANA database.", "{s} is {type}."),
    (
        Relation(
            "offset from UTC",
            "number",
            (
                "The standard offset of {s} from UTC is {v} hours.",
                "In standard time {s} has an offset of {v} hours from UTC.",
            ),
            (
                "By how many hours does the standard time of {x} differ from UTC?",
                "What is the standard offset from UTC, in hours, of {x}?",
            ),
            "the standard offset from UTC, in hours, of {x}",
            "offset",
            units=("hours", "hour"),
        ),
    ),
)
