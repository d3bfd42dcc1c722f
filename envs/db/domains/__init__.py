"""The small worlds that questions are asked about. `SEEN` serves train, explore, dev and test; `NOVEL` only novel."""

from envs.db.domains.commerce import BANK, ESTATE, RENTAL, SHOP, WAREHOUSE
from envs.db.domains.culture import BLOG, CINEMA, LIBRARY, MUSEUM, MUSIC
from envs.db.domains.nature import FARM, LEAGUE, VET, ZOO
from envs.db.domains.novel import APIARY, CHARITY, OBSERVATORY, PEAKS, PODCAST, PORT, THEATRE, WINERY
from envs.db.domains.schema import Domain
from envs.db.domains.services import CLINIC, CONFERENCE, GYM, HOTEL, SCHOOL
from envs.db.domains.work import AIRLINE, COMPANY, FACTORY, RESTAURANT, SUPPORT

__all__ = ["DOMAINS", "NOVEL", "SEEN", "Domain"]

SEEN: tuple[Domain, ...] = (
    *(SHOP, WAREHOUSE, BANK, RENTAL, ESTATE, LIBRARY, CINEMA, MUSIC, MUSEUM, BLOG, SCHOOL, CLINIC, HOTEL, GYM),
    *(CONFERENCE, COMPANY, SUPPORT, AIRLINE, RESTAURANT, FACTORY, ZOO, FARM, VET, LEAGUE),
)
NOVEL: tuple[Domain, ...] = (OBSERVATORY, APIARY, THEATRE, WINERY, PORT, CHARITY, PODCAST, PEAKS)
DOMAINS: dict[str, Domain] = {domain.name: domain for domain in (*SEEN, *NOVEL)}
