"""Every kind of thing that the library writes about, by name."""

from envs.qa.schema.base import Fusion, Kind, Relation
from envs.qa.schema.business import COMPANY, EVENT, PRODUCT
from envs.qa.schema.coasts import AIRPORT, ISLAND, LIGHTHOUSE
from envs.qa.schema.commons import CURRENCY, ELEMENT, FAMILY, LANGUAGE
from envs.qa.schema.geography import CITY, COUNTRY, ZONE
from envs.qa.schema.people import PERSON, SCHOOL
from envs.qa.schema.seafaring import EXPEDITION, EXPLORER, SHIP, SHIPYARD

__all__ = ["BUSINESS", "KINDS", "REAL", "SEAFARING", "Fusion", "Kind", "Relation"]

REAL = (COUNTRY, CITY, CURRENCY, LANGUAGE, ZONE, ELEMENT, FAMILY)
"""In the library of every split."""
BUSINESS = (PERSON, COMPANY, PRODUCT, SCHOOL, EVENT)
"""In that of every split but `novel`."""
SEAFARING = (SHIP, SHIPYARD, EXPLORER, EXPEDITION, ISLAND, LIGHTHOUSE, AIRPORT)
"""In that of `novel` alone; airports are real."""
KINDS: dict[str, Kind] = {kind.name: kind for kind in (*REAL, *BUSINESS, *SEAFARING)}
