"""Families of tasks. Those of `NOVEL_TEMPLATES` are asked in no training split."""

from envs.web.templates import (
    admin,
    admin_tables,
    booking,
    booking_rooms,
    forum,
    forum_reading,
    recipes,
    recipes_planning,
    shop,
    shop_buying,
    shop_orders,
    wiki,
    wiki_reading,
)
from envs.web.templates.base import Template

__all__ = ["NOVEL_TEMPLATES", "SEEN_TEMPLATES"]

_SEEN = (
    *(admin, admin_tables, booking, booking_rooms, forum, forum_reading),
    *(shop, shop_buying, shop_orders, wiki, wiki_reading),
)
# By name, so that the sites take turns.
SEEN_TEMPLATES: list[Template] = sorted((t for module in _SEEN for t in module.TEMPLATES), key=lambda t: t.name)
NOVEL_TEMPLATES: list[Template] = [*recipes.TEMPLATES, *recipes_planning.TEMPLATES]
