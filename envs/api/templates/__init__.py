"""Families of tasks. Those of `NOVEL_TEMPLATES` are asked in no training split."""

from envs.api.templates.across import TEMPLATES as ACROSS
from envs.api.templates.base import Template
from envs.api.templates.lookups import TEMPLATES as LOOKUPS
from envs.api.templates.novel import TEMPLATES as NOVEL
from envs.api.templates.rules import TEMPLATES as RULES
from envs.api.templates.several import TEMPLATES as SEVERAL
from envs.api.templates.single import TEMPLATES as SINGLE

__all__ = ["NOVEL_TEMPLATES", "SEEN_TEMPLATES"]

SEEN_TEMPLATES: list[Template] = [*SINGLE, *LOOKUPS, *RULES, *SEVERAL, *ACROSS]
NOVEL_TEMPLATES: list[Template] = NOVEL
