"""Our own sites. No training task shows one of `NOVEL`."""

from envs.web.sites.admin import Admin
from envs.web.sites.base import Site
from envs.web.sites.booking import Booking
from envs.web.sites.forum import Forum
from envs.web.sites.recipes import Recipes
from envs.web.sites.shop import Shop
from envs.web.sites.wiki import Wiki

__all__ = ["NOVEL", "SEEN", "SITES"]

SEEN: dict[str, type[Site]] = {site.name: site for site in (Shop, Forum, Wiki, Booking, Admin)}
NOVEL: dict[str, type[Site]] = {site.name: site for site in (Recipes,)}
SITES = SEEN | NOVEL
