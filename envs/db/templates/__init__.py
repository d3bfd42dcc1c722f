"""Families of questions. `SEEN_TEMPLATES` serve train, explore, dev and test; `NOVEL_TEMPLATES` only novel."""

from envs.db.templates.base import Draft, Scene, Template, Unfit
from envs.db.templates.changes import CHANGES
from envs.db.templates.groups import GROUPS
from envs.db.templates.joins import JOINS
from envs.db.templates.lookups import LOOKUPS
from envs.db.templates.novel_changes import NOVEL_CHANGES
from envs.db.templates.novel_reads import NOVEL_READS

__all__ = ["NOVEL_TEMPLATES", "SEEN_TEMPLATES", "Draft", "Scene", "Template", "Unfit"]

SEEN_TEMPLATES: list[Template] = [*LOOKUPS, *GROUPS, *JOINS, *CHANGES]
NOVEL_TEMPLATES: list[Template] = [*NOVEL_READS, *NOVEL_CHANGES]
